// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How much the clients of a server may take of it, all together and each. `nil`, the default of each: as much as they
/// like.
///
/// A handshake past a limit is refused: with the status 503 past a server's limit, with 429 past an address's (RFC 6585,
/// 4), and the header field `Retry-After`. The other limits of a server are among the settings that they concern:
/// ``EngineIOConfiguration/maxPayload``, ``EngineIOConfiguration/unsentLimit``, and those of the connections in
/// `MartletServer.Configuration`.
///
/// An address is that of the client behind ``EngineIOConfiguration/trustedProxies``. The addresses of an IPv6 network of
/// 64 bits, which one client can have all to itself, count as one.
public struct LimitsConfiguration: Sendable {
    /// How many sessions may be open.
    public var sessions: Int?
    /// How often a session may be opened.
    public var handshakes: RateLimit?
    /// How many sessions of one address may be open.
    public var sessionsPerAddress: Int?
    /// How often one address may open a session.
    public var handshakesPerAddress: RateLimit?
    /// How many messages one session may send. A client that sends faster is read from more slowly, and loses nothing. An
    /// event is one message, and each of its binary attachments another.
    public var messagesPerSession: RateLimit?
    /// How many bytes of messages one session may send. A client that sends faster is read from more slowly.
    public var bytesPerSession: RateLimit?

    public init() {}
}

/// So many a second, in the long run.
public struct RateLimit: Sendable, Hashable {
    /// How many a second.
    public var perSecond: Double
    /// How many may come at once after a time without any, at least 1.
    public var burst: Int

    /// - Parameters:
    ///   - perSecond: how many a second, more than 0: one in ten seconds is 0.1.
    ///   - burst: how many may come at once after a time without any; as many as in a second by default.
    public init(perSecond: Double, burst: Int? = nil) {
        self.perSecond = perSecond
        self.burst = max(1, burst ?? Int(perSecond.rounded(.up)))
    }
}
