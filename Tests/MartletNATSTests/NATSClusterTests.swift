// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MartletNATS

/// On a nats-server.
struct NATSClusterTests {
    private static func server() async throws -> ServerProcess {
        try await ServerProcess { port, directory in
            ["nats-server", "--addr", "127.0.0.1", "--port", "\(port)", "--log", "\(directory)/log"]
        }
    }

    private static func bus(_ server: ServerProcess) throws -> NATSCluster {
        var configuration = NATSConfiguration()
        configuration.retryDelay = .milliseconds(10)
        return try NATSCluster(url: "nats://127.0.0.1:\(server.port)", configuration: configuration)
    }

    private struct Messages: Sendable {
        private let notes = Notes()
        var all: [String] { self.notes.all }
        func add(_ message: ByteBuffer) { self.notes.add(String(buffer: message)) }

        /// Publishes on a channel until one of the messages has come, so that the subscription is known to be there.
        func begin(_ bus: NATSCluster, _ channel: String) async throws {
            try await eventually("a subscription") {
                bus.publish(ByteBuffer(string: "begin"), to: channel)
                return !self.all.isEmpty
            }
        }

        func wait(for last: String) async throws -> [String] {
            try await eventually(last) { self.all.last == last }
            return self.all.filter { $0 != "begin" }
        }
    }

    @Test func messagesArriveInOrder() async throws {
        let nats = try await Self.server()
        let (first, second) = (try Self.bus(nats), try Self.bus(nats))
        let messages = Messages()
        let subscriptions = ["a", "b"].map { second.subscribe(to: $0, messages.add) }
        try await messages.begin(first, "b")
        for number in 0..<1000 { first.publish(ByteBuffer(string: "\(number)"), to: number % 2 == 0 ? "a" : "b") }
        #expect(try await messages.wait(for: "999") == (0..<1000).map(String.init), "between channels, too")
        for subscription in subscriptions { subscription.cancel() }
    }

    @Test(arguments: ["a b", "a.b", "*", ">", "a.>", "\0\r\nPUB x 1\r\n", "/\u{1F426}", ".", "=2E"])
    func anyNameIsAChannel(_ name: String) async throws {
        let nats = try await Self.server()
        let bus = try Self.bus(nats)
        let (messages, others) = (Messages(), Messages())
        let subscriptions = [
            bus.subscribe(to: name, messages.add), bus.subscribe(to: name + name, others.add),
            bus.subscribe(to: "a.b.c", others.add),
        ]
        try await messages.begin(bus, name)
        bus.publish(ByteBuffer(string: "end"), to: name)
        #expect(try await messages.wait(for: "end") == ["end"])
        #expect(others.all.isEmpty)
        for subscription in subscriptions { subscription.cancel() }
    }

    @Test func serversAreACluster() async throws {
        let nats = try await Self.server()
        let (one, other) = (SocketIOServer(), SocketIOServer())
        let buses = [try Self.bus(nats), try Self.bus(nats)]
        let nodes = [
            one.cluster(buses[0], clock: ContinuousClock()), other.cluster(buses[1], clock: ContinuousClock()),
        ]
        try await eventually { nodes.allSatisfy { $0.nodeCount == 1 } }
        other.onConnection { $0.join("lobby") }
        let client = try await other.testClient()
        one.to("lobby").emit("file", ByteBuffer(bytes: [1, 2, 3]), "name")
        #expect(try await client.next("file").arguments[1]?.decode(as: String.self) == "name")
        #expect(await one.everyone.count() == 1)
        #expect(try await one.fetchSockets().map(\.rooms.count) == [2])
        await one.shutDown()
        try await eventually { nodes[1].nodeCount == 0 }
        await other.shutDown()
        for bus in buses { await bus.close() }
    }

    @Test func aRestartOfTheServerIsSurvived() async throws {
        let nats = try await Self.server()
        let (first, second) = (try Self.bus(nats), try Self.bus(nats))
        let events = Notes()
        second.onEvent { event in
            switch event {
            case .connected: events.add("connected")
            case .disconnected: events.add("disconnected")
            case .dropped, .failed: break
            }
        }
        let messages = Messages()
        let subscription = second.subscribe(to: "a", messages.add)
        try await messages.begin(first, "a")
        nats.kill()
        try await eventually("the loss") { events.all.contains("disconnected") }
        try await nats.start()
        try await eventually("the connection") { events.all.last == "connected" }
        // What is published meanwhile waits; perhaps it is there before the subscription is.
        try await eventually("a message") {
            first.publish(ByteBuffer(string: "again"), to: "a")
            return messages.all.contains("again")
        }
        subscription.cancel()
    }

    @Test func aServerThatComesLaterIsConnectedTo() async throws {
        let nats = try await Self.server()
        nats.kill()
        let bus = try Self.bus(nats)
        let messages = Messages()
        let subscription = bus.subscribe(to: "a", messages.add)
        bus.publish(ByteBuffer(string: "waited"), to: "a")
        try await nats.start()
        #expect(try await messages.wait(for: "waited") == ["waited"])
        subscription.cancel()
    }

    @Test func whatCannotBePublishedIsReported() async throws {
        let nats = try await Self.server()
        var configuration = NATSConfiguration()
        configuration.queueLimit = 8 << 20
        let bus = try NATSCluster(url: "nats://127.0.0.1:\(nats.port)", configuration: configuration)
        let dropped = NIOLockedValueBox<[Int]>([])
        bus.onEvent { if case .dropped(let bytes, _) = $0 { dropped.withLockedValue { $0.append(bytes) } } }
        let messages = Messages()
        let subscription = bus.subscribe(to: "a", messages.add)
        try await messages.begin(bus, "a")
        // Longer than NATS takes, then longer than may wait.
        bus.publish(ByteBuffer(repeating: 0, count: 2 << 20), to: "a")
        bus.publish(ByteBuffer(repeating: 0, count: 9 << 20), to: "a")
        bus.publish(ByteBuffer(string: "end"), to: "a")
        #expect(try await messages.wait(for: "end") == ["end"])
        #expect(dropped.withLockedValue { Set($0) } == [2 << 20, 9 << 20])
        await bus.close()
        bus.publish(ByteBuffer(string: "late"), to: "a")
        #expect(dropped.withLockedValue { $0.last } == 4)
        subscription.cancel()
    }

    @Test func aBadURLIsAnError() {
        #expect(throws: NATSError.self) { try NATSCluster(url: "http://127.0.0.1:x") }
    }
}
