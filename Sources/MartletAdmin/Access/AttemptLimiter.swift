// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// Counts the failed attempts of each address: past a burst, an address has to wait. Hosts of one IPv6 network count as
/// one, since a host has as many addresses of it as it likes (RFC 4291, 2.5.4).
struct AttemptLimiter: Sendable {
    /// How many attempts may fail at once.
    static let burst: Int64 = 10
    /// After that, how many seconds each further one takes.
    static let interval = TimeAmount.seconds(6)
    static let maxAddresses = 4096

    /// When all failures of an address are forgotten. Each failure adds an interval.
    private var forgivenAt: [IPAddress?: NIODeadline] = [:]

    var addressCount: Int { self.forgivenAt.count }

    /// How long an address has to wait before its next attempt; `nil`: it need not.
    func wait(of address: IPAddress?, now: NIODeadline) -> TimeAmount? {
        guard let forgivenAt = self.forgivenAt[address?.network] else { return nil }
        let wait = (forgivenAt - now) - Self.interval * (Self.burst - 1)
        return wait > .zero ? wait : nil
    }

    mutating func failed(_ address: IPAddress?, now: NIODeadline) {
        let address = address?.network
        if self.forgivenAt[address] == nil { self.makeRoom(now: now) }
        self.forgivenAt[address] = max(now, self.forgivenAt[address] ?? now) + Self.interval
    }

    private mutating func makeRoom(now: NIODeadline) {
        guard self.forgivenAt.count >= Self.maxAddresses else { return }
        self.forgivenAt = self.forgivenAt.filter { $0.value > now }
        guard self.forgivenAt.count >= Self.maxAddresses,
            let next = self.forgivenAt.min(by: { $0.value < $1.value })
        else { return }
        self.forgivenAt[next.key] = nil
    }
}
