// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// The samples of WholeServer.md.
struct WholeServerSamples {
    struct User: Codable, Sendable {
        var id: String
        var isBanned = false
    }

    private let io = SocketIOServer()

    @Test func socketsAreMovedTogether() async throws {
        io.onConnection { socket in socket.join("lobby") }
        let client = try await io.testClient()
        io.to("lobby").socketsJoin("garden")
        io.to("garden").socketsLeave("lobby")
        io.to("banned").disconnectSockets(closingConnection: true)
        let count = await io.to("garden").count()
        #expect(count == 1)
        #expect(try await !client.isClosed())
    }

    @Test func socketsAreFetched() async throws {
        io.onConnection { socket in
            socket.join("garden")
            socket.data["user"] = User(id: "17", isBanned: true)
        }
        let client = try await io.testClient()
        for remote in try await io.to("garden").fetchSockets() {
            let user = try remote.data["user"]?.decode(as: User.self)
            if user?.isBanned == true { remote.disconnect() }
        }
        _ = try await client.next { $0.kind == .disconnected }
    }

    @Test func usersHaveRooms() async throws {
        io.onConnection { socket in
            if let user = try? socket.handshake.auth.decode(as: User.self) { socket.join(user: user.id) }
        }
        let client = try await io.testClient(auth: User(id: "17"))
        io.to(user: "17").emit("mail", 1)
        io.except(user: "17").emit("news", "hello")
        let isOnline = await io.to(user: "17").count() > 0
        #expect(isOnline)
        _ = try await client.next("mail")
    }

    private final class Topics: Sendable {
        let rooms = NIOLockedValueBox<Set<String>>([])
        func subscribe(to room: String) { self.rooms.withLockedValue { _ = $0.insert(room) } }
        func unsubscribe(from room: String) { self.rooms.withLockedValue { _ = $0.remove(room) } }
    }

    @Test func roomsBeginAndEnd() async throws {
        let topics = Topics()
        io.onRoomEvent { event in
            switch event {
            case .created(let room): topics.subscribe(to: room)
            case .deleted(let room): topics.unsubscribe(from: room)
            case .joined, .left: break
            }
        }
        io.onConnection { socket in socket.join("weather", "traffic") }
        let client = try await io.testClient()
        #expect(topics.rooms.withLockedValue { $0 } == ["weather", "traffic"])
        try await client.drop()
        #expect(topics.rooms.withLockedValue { $0 } == [])
    }

    /// A broker's client, over the bus in memory.
    struct Broker: Sendable {
        let bus: InProcessBus

        func publish(_ message: ByteBuffer, to channel: String) async throws {
            self.bus.publish(message, to: channel)
        }

        /// The connection to this broker never breaks.
        var connections: AsyncStream<Void> { AsyncStream { $0.yield() } }

        func messages(of channel: String) -> AsyncThrowingStream<ByteBuffer, any Error> {
            let (messages, continuation) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
            let subscription = self.bus.subscribe(to: channel) { continuation.yield($0) }
            continuation.onTermination = { _ in subscription.cancel() }
            return messages
        }
    }

    final class BrokerBus: ClusterBus {
        private let broker: Broker
        private let outgoing: AsyncStream<(ByteBuffer, String)>.Continuation

        init(_ broker: Broker) {
            let (messages, outgoing) = AsyncStream.makeStream(
                of: (ByteBuffer, String).self, bufferingPolicy: .bufferingOldest(10_000))
            self.broker = broker
            self.outgoing = outgoing
            Task {
                for await (message, channel) in messages { try? await broker.publish(message, to: channel) }
            }
        }

        deinit { self.outgoing.finish() }

        func publish(_ message: ByteBuffer, to channel: String) {
            self.outgoing.yield((message, channel))  // in order; what is too much is dropped
        }

        func subscribe(
            to channel: String,
            _ receive: @escaping @Sendable (ByteBuffer) -> Void
        ) -> ClusterSubscription {
            let broker = self.broker
            let task = Task {
                for await _ in broker.connections {  // each time that the client has connected anew
                    do {
                        for try await message in broker.messages(of: channel) { receive(message) }
                    } catch {
                        print("\(channel): \(error)")
                    }
                }
            }
            return ClusterSubscription { task.cancel() }
        }
    }

    @Test func aBrokerIsABus() async throws {
        let broker = Broker(bus: InProcessBus())
        let servers = (0..<2).map { _ in
            let bus = BrokerBus(broker)
            let io = SocketIOServer()
            io.cluster(bus)
            return io
        }
        let client = try await servers[1].testClient()
        // Until the subscriptions have begun, events are missed. Servers that have missed each other's first words know
        // each other with the next heartbeat.
        try await eventually("the other server's socket") { try await !servers[0].fetchSockets().isEmpty }
        servers[0].emit("hello")
        _ = try await client.next("hello")
        for server in servers { await server.shutDown() }
    }

    @Test func whatIsMissingIsSaid() async throws {
        _ = try await io.testClient()
        let sockets: [RemoteSocket]
        do {
            sockets = try await io.fetchSockets()
        } catch {
            print(error)  // 2 of 3 servers of the cluster answered
            sockets = error.value
        }
        #expect(sockets.count == 1)
    }

    @Test func othersMayBeLeftOut() async throws {
        let client = try await io.testClient()
        io.local.emit("maintenance", "this server restarts")
        _ = try await client.next("maintenance")
    }

    private final class Cache: Sendable {
        let sections = NIOLockedValueBox<[String]>([])
        func reload(_ section: String) { self.sections.withLockedValue { $0.append(section) } }
        var size: Int { self.sections.withLockedValue { $0.count } }
    }

    @Test func serversTellEachOther() async throws {
        let bus = InProcessBus()
        let cache = Cache()
        func makeServer() -> SocketIOServer {
            let io = SocketIOServer()
            io.cluster(bus)
            io.onServerSideEvent("reload") { (section: String) in cache.reload(section) }
            io.onServerSideEvent("load") { cache.size }
            return io
        }
        let (io, other) = (makeServer(), makeServer())
        io.serverSideEmit("reload", "prices")
        let answers = try await io.serverSideEmitWithAck("load", as: Int.self)
        for answer in answers { print(answer.nodeID, answer.result) }  // one of each other server
        #expect(try answers.map { try $0.result.get() } == [1])
        await other.shutDown()
    }

    @Test func theOtherServerHears() async throws {
        let bus = InProcessBus()
        let (first, second) = (SocketIOServer(), SocketIOServer())
        first.cluster(bus)
        second.cluster(bus)
        let client = try await second.testClient()
        first.emit("news", "hello")
        #expect(try await client.next("news").decode(as: String.self) == "hello")
    }
}
