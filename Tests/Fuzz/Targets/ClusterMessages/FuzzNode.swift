// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzClients
import FuzzSupport
import Logging
import MartletEngine
import MartletEvents
import MartletTesting
import NIOCore
import NIOPosix

/// A server of a cluster with some sockets. The other servers are made up: one, the fuzzer, says whatever it wants about the
/// namespace `/` and about the server; another one speaks in `/check`.
final class FuzzNode {
    private static let loop: any EventLoop = {
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        return MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
    }()

    /// The id of the server.
    let id: String
    private let bus = InProcessBus()
    private let journal = FuzzJournal()
    private let server: SocketIOServer
    private let presence: Presence<String>
    private let directory: SessionDirectory?
    private var member: FuzzClient?
    /// In `/check`.
    private let observer: FuzzClient
    private var number = 0

    init() {
        var configuration = SocketIOConfiguration()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        self.server = SocketIOServer(configuration: configuration)
        self.server.onConnection { socket in
            socket.join("room")
            socket.data["name"] = "ada"
            socket.on("echo") { (number: Int) in number }
        }
        self.server.onServerSideEvent("ask") { (number: Int) in number }
        self.server.of("/check").onConnection { _ in }
        self.server.onError { _ in }
        self.presence = Presence(in: self.server)
        var cluster = ClusterConfiguration()
        cluster.nodeTimeout = .seconds(1_000_000)
        let status = self.server.cluster(
            FuzzBus(bus: self.bus, journal: self.journal), configuration: cluster, clock: HastyClock())
        self.id = status.nodeID
        let server = self.server
        self.directory = NodeLocation(address: "127.0.0.1:1", tag: NodeTag()).flatMap { server.sessionDirectory($0) }
        self.observer = FuzzClient(of: self.server, on: Self.loop)
        self.observer.send("0/check,")
        _ = Self.messages(1, for: self.observer)
    }

    /// Makes sure that there are others, a member of `/`, and questions to answer.
    func begin() {
        for name in ["friend", "fuzzer"] {
            let heartbeat = #"{"from":"\#(name)","body":{"heartbeat":{"namespaces":["/","/check"]}}}"#
            self.bus.publish(Self.message(heartbeat), to: "martlet")
        }
        if self.member?.isClosed != false {
            self.member = FuzzClient(of: self.server, on: Self.loop)
            self.member?.send("0")
        }
        _ = self.member?.takeAll()
        let server = self.server
        Task { try? await server.fetchSockets() }
        Task { await server.everyone.count() }
        Self.settle()
    }

    func end() {
        self.member?.close()
        self.observer.close()
        let server = self.server
        must("the event loop") {
            try Self.loop.submit { server.engine.shard(on: Self.loop).closeAll(.serverShuttingDown) }.wait()
        }
        must("the server's end") {
            let ended = Self.loop.makePromise(of: Void.self)
            ended.completeWithTask { await server.ended() }
            try ended.futureResult.wait()
        }
    }

    /// Waits until the event loop has done what it was given.
    private static func settle() {
        must("the event loop") { try Self.loop.submit {}.wait() }
    }

    /// The messages that a client gets, at least so many of them; fewer after ten seconds. Questions are answered on other
    /// threads meanwhile, so there may be a moment before the event loop is given everything.
    private static func messages(_ count: Int, for client: FuzzClient) -> [String] {
        let deadline = NIODeadline.now() + .seconds(10)
        var received: [String] = []
        repeat {
            Self.settle()
            received += client.takeAll()
        } while received.count < count && NIODeadline.now() < deadline
        return received
    }

    /// A message in the form of version 1.
    static func message(_ parts: String...) -> ByteBuffer {
        var message = ByteBuffer(bytes: [UInt8(ascii: "M"), 1])
        for part in parts {
            message.writeInteger(UInt32(part.utf8.count))
            message.writeString(part)
        }
        return message
    }

    // MARK: What comes

    func deliver(_ message: Message) {
        switch message.place {
        case .journal: self.journal.append(message.bytes, to: "/")
        case .fences: self.journal.append(message.bytes, to: "martlet#\(self.id)#handover")
        case .operations: self.bus.publish(message.bytes, to: "martlet/")
        case .answers: self.bus.publish(message.bytes, to: "martlet#\(self.id)")
        case .membership: self.bus.publish(message.bytes, to: "martlet")
        case .handover: self.bus.publish(message.bytes, to: "martlet#\(self.id)#handover")
        case .sessions: self.bus.publish(message.bytes, to: "martlet#sessions")
        case .sessionAnswers: self.bus.publish(message.bytes, to: "martlet#sessions#\(self.id)")
        case .recovery: self.bus.publish(message.bytes, to: "martlet#recovery#\(self.id)")
        case .presence: self.bus.publish(message.bytes, to: "martlet#presence/#presence")
        }
        Self.settle()
    }

    // MARK: What must hold

    /// What another server sends in `/check`, on the bus and through the journal, arrives, and nothing else.
    func checkDelivery(_ name: String) {
        self.number += 1
        let head =
            #"{"from":"friend","number":\#(self.number),"body":{"broadcast":{"_0":{"message":"#
            + #"{"_placeholder":true,"num":0},"isBinary":false,"attachments":[]},"_1":{"rooms":[],"except":[],"#
            + #""isVolatile":false,"compresses":true,"isKept":false,"isLocal":false}}}}"#
        self.bus.publish(Self.message(head, #"2/check,["\#(name)"]"#), to: "martlet/check")
        self.journal.append(Self.message(head, #"2/check,["\#(name)"]"#), to: "/check")
        let received = Self.messages(2, for: self.observer)
        check(
            received.count == 2 && received[0] == #"2/check,["\#(name)"]"#
                && received[1].hasPrefix(#"2/check,["\#(name)","1-"#), "\(name): \(received)")
    }

    /// The server serves clients that come now.
    func checkService() {
        let client = FuzzClient(of: self.server, on: Self.loop)
        client.send("0")
        client.send(#"27["echo",7]"#)
        let received = Self.messages(2, for: client)
        check(received.contains("37[7]"), "a new client got \(received)")
        check(!self.observer.isClosed, "a client that nobody has touched is gone")
        client.close()
    }
}
