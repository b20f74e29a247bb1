// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// Which transports a session tries, in which order, and when: the first begins with a handshake, every later one
/// attaches (Protocol.md, section 4).
struct TransportOrder {
    /// The best first.
    private(set) var names: [TransportName]
    private var retries: Backoff
    private var climbs: Backoff
    /// When the transport in use came into use.
    private var since = NIODeadline.distantPast

    /// How long a transport must have lasted to count as a good one.
    private static let steady = TimeAmount.seconds(10)

    init(_ configuration: ClientSessionConfiguration) {
        var names: [TransportName] = []
        for name in configuration.transports where !names.contains(name) { names.append(name) }
        self.names = names
        self.retries = Backoff(configuration.retryDelays, spread: configuration.spread)
        self.climbs = Backoff(configuration.climbDelays, spread: configuration.spread)
    }

    /// - Parameter first: the one that has worked the last time.
    func handshake(first: TransportName?) -> [TransportName] {
        self.names.filter { $0 == first } + self.names.filter { $0 != first }
    }

    /// All of them, from this one on.
    func starting(at name: TransportName?) -> [TransportName] { self.starting(at: self.index(name)) }

    private func starting(at index: Int) -> [TransportName] {
        let index = min(index, self.names.count)
        return Array(self.names[index...] + self.names[..<index])
    }

    private func index(_ name: TransportName?) -> Int { name.flatMap(self.names.firstIndex(of:)) ?? 0 }

    /// Those that are better than this one.
    func better(than name: TransportName?) -> [TransportName] { Array(self.names[..<self.index(name)]) }

    /// This one is the best from now on.
    mutating func prefer(_ name: TransportName) { self.names = [name] + self.names.filter { $0 != name } }

    /// A transport has come into use.
    mutating func began(now: NIODeadline) { self.since = now }

    /// The transport in use is lost.
    /// - Parameter isSilent: whether only the server's silence shows it.
    /// - Returns: what to try then, and after which time.
    mutating func lost(
        _ name: TransportName?,
        isSilent: Bool,
        now: NIODeadline,
        using random: inout some RandomNumberGenerator
    ) -> (names: [TransportName], delay: TimeAmount) {
        // One that worked for long is tried again first, unless the network silently drops its data.
        let isSteady = now - self.since >= Self.steady
        if isSteady {
            self.retries.attempts = 0
            self.climbs.attempts = 0
        }
        // Each is tried once without a delay. If all of them fail, further attempts wait, to spare the server.
        let isFirst = self.retries.attempts < self.names.count
        let delay = self.retries.next(using: &random)
        let index = self.index(name)
        return (self.starting(at: isSteady && !isSilent ? index : index + 1), isFirst ? .zero : delay)
    }

    /// The time until the next round of attempts.
    mutating func nextRetry(using random: inout some RandomNumberGenerator) -> TimeAmount {
        self.retries.next(using: &random)
    }

    /// The time until the next attempt to use a better transport.
    mutating func nextClimb(using random: inout some RandomNumberGenerator) -> TimeAmount {
        self.climbs.next(using: &random)
    }
}
