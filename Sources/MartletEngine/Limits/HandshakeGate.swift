// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
internal import NIOConcurrencyHelpers
package import NIOCore

/// Holds the sessions of an engine to the limits of ``LimitsConfiguration``, on all event loops together. Made only where
/// there is a limit.
package final class HandshakeGate: Sendable {
    private struct State {
        var sessions = 0
        var bucket = TokenBucket()
        var addresses: AddressTable
    }

    private let limits: LimitsConfiguration
    private let reporter: LimitReporter
    private let countsAddresses: Bool
    private let state: NIOLockedValueBox<State>

    init?(_ limits: LimitsConfiguration, _ reporter: LimitReporter) {
        let perAddress = AddressTable.Limits(open: limits.sessionsPerAddress, rate: limits.handshakesPerAddress)
        if limits.sessions == nil, limits.handshakes == nil, perAddress.isEmpty { return nil }
        self.limits = limits
        self.reporter = reporter
        self.countsAddresses = !perAddress.isEmpty
        self.state = NIOLockedValueBox(State(addresses: AddressTable(perAddress)))
    }

    /// A place among the sessions that may be open. It is free again when the last reference is gone.
    package final class Seat: Sendable {
        private let gate: HandshakeGate
        private let key: AddressTable.Key?

        fileprivate init(_ gate: HandshakeGate, _ key: AddressTable.Key?) {
            self.gate = gate
            self.key = key
        }

        deinit { self.gate.release(self.key) }
    }

    /// A client asks for a session.
    /// - Throws: ``EngineIOError/limited(message:retryAfter:isServers:)``.
    package func admit(_ address: SocketAddress?, now: NIODeadline) throws(EngineIOError) -> Seat {
        let key = self.countsAddresses ? address.flatMap(IPAddress.init).map(AddressTable.Key.init) : nil
        guard let refusal = self.state.withLockedValue({ self.admit(key, &$0, now) }) else { return Seat(self, key) }
        self.reporter.exceeded(refusal.limit, by: address)
        throw refusal.error
    }

    /// A session has come that another server has admitted.
    func adopt() -> Seat {
        self.state.withLockedValue { $0.sessions += 1 }
        return Seat(self, nil)
    }

    private struct Refusal {
        let limit: ExceededLimit
        let error: EngineIOError
    }

    private func admit(_ key: AddressTable.Key?, _ state: inout State, _ now: NIODeadline) -> Refusal? {
        if let most = self.limits.sessions, state.sessions >= most {
            return Refusal(limit: .sessions, error: .tooManySessions(isServers: true))
        }
        // The address first: an address that comes too often takes nothing from the others.
        if let key {
            do throws(AddressTable.Refusal) {
                try state.addresses.admit(key, now: now)
            } catch {
                return switch error {
                case .tooMany: Refusal(limit: .sessionsPerAddress, error: .tooManySessions(isServers: false))
                case .tooOften(let wait):
                    Refusal(limit: .handshakesPerAddress, error: .tooManyHandshakes(wait, isServers: false))
                }
            }
        }
        if let rate = self.limits.handshakes, let wait = state.bucket.take(rate, now: now) {
            if let key { state.addresses.release(key, now: now) }
            return Refusal(limit: .handshakes, error: .tooManyHandshakes(wait, isServers: true))
        }
        state.sessions += 1
        return nil
    }

    private func release(_ key: AddressTable.Key?) {
        self.state.withLockedValue { state in
            state.sessions -= 1
            if let key { state.addresses.release(key, now: .now()) }
        }
    }
}

extension EngineIOError {
    fileprivate static func tooManySessions(isServers: Bool) -> EngineIOError {
        .limited(message: "Too many sessions", retryAfter: 10, isServers: isServers)
    }

    fileprivate static func tooManyHandshakes(_ wait: TimeAmount, isServers: Bool) -> EngineIOError {
        let seconds = Int(wait.nanoseconds / 1_000_000_000) + 1
        return .limited(message: "Too many handshakes", retryAfter: seconds, isServers: isServers)
    }
}
