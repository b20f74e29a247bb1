// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine
public import MartletEvents
internal import MartletWebSocket
internal import NIOCore
package import WebSocketWire

/// A server's current numbers, summed over its event loops.
public struct ServerStatistics: Sendable {
    /// Open sessions.
    public var sessions = 0
    /// Open sessions by transport.
    public var sessionsByTransport: [TransportName: Int] = [:]
    /// Sockets, over all namespaces: a session that has joined two namespaces has two. 0 for a server without
    /// Socket.IO.
    public var sockets = 0
    /// Sockets by the name of their namespace. Namespaces without sockets are left out.
    public var socketsByNamespace: [String: Int] = [:]
    /// Sockets that have left since the start, by the reason.
    public var disconnects: [DisconnectReason: Int] = [:]
    /// Messages received since the start.
    public var messagesIn = 0
    /// Messages sent since the start.
    public var messagesOut = 0
    /// Bytes that wait for slow receivers.
    public var unsentBytes = 0
    /// Sessions that were closed because their receiver was too slow.
    public var slowReceivers = 0
    /// How often each limit of the sessions was exceeded since the start; those that never were are missing.
    public var exceededLimits: [ExceededLimit: Int] = [:]
    package var counters = EngineShard.Counters()
    package var events = EventCounters()
    package var compression = CompressionTraffic()
    /// Of the HTTP answers that were compressed since the start.
    package var answerBytes = (plain: 0, compressed: 0)
    /// Refused handshakes by the cause.
    package var refusedHandshakes: [String: Int] = [:]

    init() {}

    private mutating func add(_ other: ServerStatistics) {
        self.sessions += other.sessions
        self.sessionsByTransport.merge(other.sessionsByTransport, uniquingKeysWith: +)
        self.messagesIn += other.messagesIn
        self.messagesOut += other.messagesOut
        self.unsentBytes += other.unsentBytes
        self.slowReceivers += other.slowReceivers
        self.counters.add(other.counters)
        self.compression.add(other.compression)
    }

    private init(_ shard: EngineShard) {
        for session in shard.allSessions where session.isOpen {
            self.sessions += 1
            self.sessionsByTransport[session.transport.name, default: 0] += 1
            self.unsentBytes += session.unsentBytes
        }
        self.messagesIn = shard.counters.messagesIn
        self.messagesOut = shard.counters.messagesOut
        self.slowReceivers = shard.counters.slowReceivers
        self.counters = shard.counters
        if let webSockets = shard.existingCompanion(WebSocketLoop.self) {
            self.compression = webSockets.compressionTraffic
        }
    }

    static func collect(from engine: Engine) async -> ServerStatistics {
        var sum = ServerStatistics()
        sum.exceededLimits = engine.limits.exceeded
        sum.answerBytes = engine.compressedAnswers.bytes
        sum.refusedHandshakes = engine.refusedHandshakes.byCause
        for shard in engine.allShards {
            if let part = try? await shard.eventLoop.submit({ ServerStatistics(shard) }).get() { sum.add(part) }
        }
        return sum
    }
}

extension SocketIOServer {
    /// The server's current numbers.
    public func statistics() async -> ServerStatistics {
        var statistics = await ServerStatistics.collect(from: self.engine)
        let census = await self.census()
        statistics.socketsByNamespace = census.sockets
        statistics.sockets = census.sockets.values.reduce(0, +)
        statistics.disconnects = census.disconnects
        statistics.events = census.events
        return statistics
    }
}

extension EngineIOServer {
    /// The server's current numbers.
    public func statistics() async -> ServerStatistics {
        await ServerStatistics.collect(from: self.engine)
    }
}
