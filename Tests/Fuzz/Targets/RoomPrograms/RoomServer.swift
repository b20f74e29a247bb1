// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzClients
import FuzzSupport
import Logging
import MartletEngine
import MartletEvents
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server on two event loops that does what programs say, beside the model.
final class RoomServer {
    private static let loops: [any EventLoop] = {
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        return Array(MultiThreadedEventLoopGroup(numberOfThreads: 2).makeIterator())
    }()

    private let io: SocketIOServer
    private let sockets = NIOLockedValueBox<[String: Socket]>([:])
    private var clients: [Int: FuzzClient] = [:]
    private var model = RoomModel()
    private var number = 0

    init() {
        self.io = SocketIOServer()
        let sockets = self.sockets
        self.io.onConnection { socket in
            sockets.withLockedValue { $0[socket.id] = socket }
            socket.onDisconnect { _ in sockets.withLockedValue { $0[socket.id] = nil } }
            socket.on("move") { (from: String, to: String) in
                socket.leave(from)
                socket.join(to)
                socket.to(to).emit("moved", to)
            }
        }
        self.io.onError { _ in }
    }

    /// Waits until the event loops have done what they were given, and what that gave to others of them.
    private static func settle() {
        for _ in 0..<3 {
            for loop in Self.loops { must("the event loop") { try loop.submit {}.wait() } }
        }
    }

    func run(_ program: RoomProgram) {
        for step in program.steps {
            self.model.expected = [:]
            self.take(step)
            Self.settle()
            self.compare(after: step)
        }
        self.end()
    }

    private func take(_ step: Step) {
        switch step {
        case .connect(let client): self.connect(client)
        case .leaveNamespace(let client):
            self.send("1", from: client)
            self.model.clients[client] = nil
        case .hangUp(let client):
            self.clients.removeValue(forKey: client)?.close()
            self.model.clients[client] = nil
        case .join(let client, let rooms):
            self.socket(client)?.join(self.model.names(rooms))
            self.model.join(client, self.model.names(rooms))
        case .leave(let client, let room):
            self.socket(client)?.leave(self.model.name(room))
            self.model.leave(client, [self.model.name(room)])
        case .emit(let rooms, let others, let isVolatile):
            let (rooms, others) = (self.model.names(rooms), self.model.names(others))
            let target = self.io.everyone.to(rooms).except(others)
            self.emit(isVolatile ? target.volatile : target)
            self.model.send(self.event, to: rooms, except: others)
        case .broadcast(let client, let rooms, let others):
            guard let socket = self.socket(client) else { return }
            let (rooms, others) = (self.model.names(rooms), self.model.names(others))
            self.emit(socket.broadcast.to(rooms).except(others))
            self.model.send(self.event, to: rooms, except: others + [socket.id])
        case .move(let client, let from, let to):
            guard let id = self.model.clients[client]?.id else { return }
            let (from, to) = (self.model.name(from), self.model.name(to))
            self.send(#"2["move","\#(from)","\#(to)"]"#, from: client)
            self.model.leave(client, [from])
            self.model.join(client, [to])
            self.model.send(#"2["moved","\#(to)"]"#, to: [to], except: [id])
        case .socketsJoin(let rooms, let others):
            self.io.everyone.to(self.model.names(rooms)).socketsJoin(self.model.names(others))
            self.model.join(in: self.model.names(rooms), self.model.names(others))
        case .socketsLeave(let rooms, let others):
            self.io.everyone.to(self.model.names(rooms)).socketsLeave(self.model.names(others))
            self.model.leave(in: self.model.names(rooms), self.model.names(others))
        case .disconnect(let rooms, let closingConnection):
            self.io.everyone.to(self.model.names(rooms)).disconnectSockets(closingConnection: closingConnection)
            for client in self.model.disconnect(in: self.model.names(rooms)) {
                if closingConnection { self.clients[client] = nil } else { self.model.expected[client] = ["1"] }
            }
        }
    }

    private var event: String { #"2["e",\#(self.number)]"# }

    private func emit(_ target: BroadcastOperator) {
        self.number += 1
        target.emit("e", self.number)
    }

    private func connect(_ number: Int) {
        guard self.model.clients[number] == nil else { return }
        let loop = Self.loops[number % Self.loops.count]
        let client = self.clients[number] ?? FuzzClient(of: self.io, on: loop)
        self.clients[number] = client
        client.send("0")
        Self.settle()
        let answer = client.takeAll()
        let id = answer.first?.split(separator: "\"").dropFirst(3).first.map(String.init) ?? ""
        check(answer.count == 1 && answer[0].hasPrefix(#"0{"sid":""#), "\(answer)")
        self.model.ids[number] = id
        self.model.clients[number] = RoomModel.Client(id: id, rooms: [id])
    }

    private func socket(_ client: Int) -> Socket? {
        guard let id = self.model.clients[client]?.id else { return nil }
        let socket = self.sockets.withLockedValue { $0[id] }
        check(socket != nil, "client \(client) has no socket")
        return socket
    }

    private func send(_ text: String, from client: Int) {
        if self.model.clients[client] != nil { self.clients[client]?.send(text) }
    }

    // MARK: What must hold

    private func compare(after step: Step) {
        for (number, client) in self.clients {
            let received = client.takeAll()
            let expected = self.model.expected[number] ?? []
            check(received == expected, "\(step): client \(number) got \(received) instead of \(expected)")
        }
        for (number, client) in self.model.clients {
            let rooms = self.sockets.withLockedValue { $0[client.id]?.rooms }
            check(rooms == client.rooms, "\(step): client \(number) is in \(String(describing: rooms))")
        }
        let sockets = self.sockets.withLockedValue { $0.count }
        check(sockets == self.model.clients.count, "\(step): \(sockets) sockets")
    }

    /// All clients go, and nothing is left of them.
    private func end() {
        for client in self.clients.values { client.close() }
        Self.settle()
        check(self.sockets.withLockedValue { $0.isEmpty }, "sockets are left")
        for loop in Self.loops {
            let sessions = must("the event loop") {
                try loop.submit { [io] in io.engine.shard(on: loop).allSessions.count }.wait()
            }
            check(sessions == 0, "\(sessions) sessions are left")
        }
        self.clients = [:]
        self.model = RoomModel()
    }
}
