// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore

@testable import MartletRedis

/// What comes, in its order.
final class Inbox<Element: Sendable>: Sendable {
    private let elements = NIOLockedValueBox<[Element]>([])

    var all: [Element] { self.elements.withLockedValue { $0 } }

    func append(_ element: Element) { self.elements.withLockedValue { $0.append(element) } }

    func wait(for count: Int) async throws -> [Element] {
        try await eventually("\(count) elements") { self.all.count >= count }
        return self.all
    }

    func wait(_ what: String = "an element", until condition: (Element) -> Bool) async throws {
        try await eventually(what) { self.all.contains(where: condition) }
    }
}

extension RedisConfiguration {
    /// Tries again soon.
    static func test(_ change: (inout RedisConfiguration) -> Void = { _ in }) -> RedisConfiguration {
        var configuration = RedisConfiguration()
        configuration.retryDelays = .milliseconds(5) ... .milliseconds(50)
        change(&configuration)
        return configuration
    }
}

extension RedisCluster {
    convenience init(
        _ server: RedisServer,
        _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws {
        try self.init(url: server.url, configuration: .test(change))
    }

    /// Returns when Redis has all that was published and subscribed before.
    func settle() async throws {
        _ = try await self.client.send(RedisCommand("PING"), waitingForConnection: TestTime.limit)
    }

    func command(_ arguments: RedisCommand.Argument...) async throws -> RESPValue {
        try await self.client.send(RedisCommand(arguments), waitingForConnection: TestTime.limit)
    }

    func events() -> Inbox<RedisEvent> {
        let events = Inbox<RedisEvent>()
        self.onEvent { events.append($0) }
        return events
    }

    /// The texts that come on a channel, until the subscription is cancelled.
    func texts(of channel: String) -> (Inbox<String>, ClusterSubscription) {
        let texts = Inbox<String>()
        return (texts, self.subscribe(to: channel) { texts.append(String(buffer: $0)) })
    }

    func publish(_ text: String, to channel: String) { self.publish(ByteBuffer(string: text), to: channel) }
}

extension RedisEvent {
    var error: RedisError? {
        if case .disconnected(let error) = self { error } else { nil }
    }

    var isConnected: Bool {
        if case .connected = self { true } else { false }
    }
}

extension TestClient {
    /// The events received: name and arguments.
    var events: [String] {
        self.received.compactMap { packet in
            guard case .event(let name) = packet.kind else { return nil }
            return "\(name)(\(packet.arguments))"
        }
    }
}
