// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The decisions of a session: whether it lives, its heartbeat, and its upgrade to another transport.
///
/// It does nothing itself. Each event returns what is to be done, and ``Session`` does it.
package struct SessionStateMachine: ~Copyable {
    private enum State {
        case open(Heartbeat, Upgrade)
        /// A lossless session to whose client nothing is open.
        case suspended(Heartbeat, Suspension)
        /// Closed by this side; the client is told when it asks for more.
        case closing(until: NIODeadline)
        case closed
    }

    /// Engine.IO protocol 4, upgrade.
    private enum Upgrade {
        case none
        /// A second transport is connected and has not asked to take over.
        case probing(until: NIODeadline, answered: Bool)
        case done
    }

    private struct Suspension {
        /// When the session ends unless something opens.
        let until: NIODeadline
        /// Why the transport was lost; `nil` between two requests of a transport that consists of such.
        var loss: DisconnectReason?
    }

    private let isLossless: Bool
    private var state: State

    /// - Parameter configuration: whose heartbeat to keep. It is not kept itself, since there is a machine a session.
    package init(configuration: EngineConfiguration, isLossless: Bool = false, now: NIODeadline) {
        self.isLossless = isLossless
        let heartbeat = Heartbeat(
            interval: configuration.pingInterval,
            timeout: configuration.pingTimeout,
            now: now
        )
        self.state = .open(heartbeat, .none)
    }

    package var isOpen: Bool {
        switch self.state {
        case .open, .suspended: true
        case .closing, .closed: false
        }
    }

    /// Why the transport was lost, as long as it is.
    package var lossReason: DisconnectReason? {
        if case .suspended(_, let suspension) = self.state { suspension.loss } else { nil }
    }

    package var isTransportLost: Bool { self.lossReason != nil }

    package var isClosed: Bool {
        if case .closed = self.state { true } else { false }
    }

    /// Whether a probe has been answered and the transport in use must let its waiting request go.
    package var isReleasingTransport: Bool {
        if case .open(_, .probing(_, answered: true)) = self.state { true } else { false }
    }

    /// When ``deadlinePassed(now:)`` has something to do; `nil` when never.
    package var nextDeadline: NIODeadline? {
        switch self.state {
        case .open(let heartbeat, .probing(let until, _)): min(heartbeat.nextDeadline, until)
        case .open(let heartbeat, _): heartbeat.nextDeadline
        case .suspended(_, let suspension): suspension.until
        case .closing(let until): until
        case .closed: nil
        }
    }

    // MARK: Time

    package enum DeadlineAction: Equatable {
        case wait
        case sendPing
        case closeProbe
        case close(DisconnectReason)
        /// The client of a lossless session is not heard any more.
        case abandonTransport(DisconnectReason)
        /// The client of a lossless session has not come back.
        case expire(DisconnectReason)
        /// The client never came to hear that the session is closed.
        case forget
    }

    package mutating func deadlinePassed(now: NIODeadline) -> DeadlineAction {
        switch self.state {
        case .open(var heartbeat, let upgrade):
            if case .probing(let until, _) = upgrade, now >= until {
                self.state = .open(heartbeat, .none)
                return .closeProbe
            }
            let action = heartbeat.deadlinePassed(now: now)
            self.state = .open(heartbeat, upgrade)
            switch action {
            case .wait: return .wait
            case .sendPing: return .sendPing
            case .timeOut: return self.isLossless ? .abandonTransport(.pingTimeout) : .close(.pingTimeout)
            }
        case .suspended(_, let suspension):
            return now >= suspension.until ? .expire(suspension.loss ?? .transportClose) : .wait
        case .closing(let until):
            guard now >= until else { return .wait }
            self.state = .closed
            return .forget
        case .closed:
            return .wait
        }
    }

    // MARK: What the peer sends

    /// Anything but a pong came on the transport in use.
    package mutating func heard() {
        guard case .open(var heartbeat, let upgrade) = self.state else { return }
        heartbeat.heard()
        self.state = .open(heartbeat, upgrade)
    }

    package mutating func pongReceived(now: NIODeadline) {
        switch self.state {
        case .open(var heartbeat, let upgrade):
            heartbeat.pongReceived(now: now)
            self.state = .open(heartbeat, upgrade)
        case .suspended(var heartbeat, let suspension):
            heartbeat.pongReceived(now: now)
            self.state = .suspended(heartbeat, suspension)
        case .closing, .closed:
            break
        }
    }

    // MARK: Lossless sessions

    /// Nothing is open to the client any more.
    /// - Parameters:
    ///   - loss: why, unless a request was answered that another one will follow.
    ///   - until: when the session ends unless something opens.
    package mutating func disconnected(_ loss: DisconnectReason?, until: NIODeadline) {
        switch self.state {
        case .open(let heartbeat, _):
            self.state = .suspended(heartbeat, Suspension(until: until, loss: loss))
        case .suspended(let heartbeat, var suspension):
            suspension.loss = loss ?? suspension.loss
            self.state = .suspended(heartbeat, suspension)
        case .closing, .closed:
            break
        }
    }

    /// A request of the transport in use opened: its client lives.
    package mutating func connected() {
        guard case .suspended(var heartbeat, _) = self.state else { return self.heard() }
        heartbeat.heard()
        self.state = .open(heartbeat, .none)
    }

    /// Another transport was attached: pings begin anew on it.
    package mutating func attached(now: NIODeadline) {
        switch self.state {
        case .open(var heartbeat, _), .suspended(var heartbeat, _):
            heartbeat.restart(now: now)
            self.state = .open(heartbeat, .none)
        case .closing, .closed:
            break
        }
    }

    // MARK: Upgrade

    package enum ProbeAction: Equatable {
        case accept
        /// Another upgrade is under way or done, or the session is not open.
        case refuse
    }

    /// A second transport has connected under the session's id.
    /// - Parameter until: when it must have taken over.
    package mutating func probeConnected(until: NIODeadline) -> ProbeAction {
        guard case .open(let heartbeat, .none) = self.state else { return .refuse }
        self.state = .open(heartbeat, .probing(until: until, answered: false))
        return .accept
    }

    package enum ProbePingAction: Equatable {
        case answer
        case closeProbe
    }

    /// The second transport said `2probe`.
    package mutating func probePingReceived() -> ProbePingAction {
        guard case .open(let heartbeat, .probing(let until, _)) = self.state else { return .closeProbe }
        self.state = .open(heartbeat, .probing(until: until, answered: true))
        return .answer
    }

    package enum UpgradeAction: Equatable {
        case switchTransport
        case closeProbe
    }

    /// The second transport said `5`.
    package mutating func upgradeReceived(now: NIODeadline) -> UpgradeAction {
        guard case .open(var heartbeat, .probing(_, answered: true)) = self.state else { return .closeProbe }
        heartbeat.restart(now: now)
        self.state = .open(heartbeat, .done)
        return .switchTransport
    }

    /// The second transport was lost, or said something else.
    package mutating func probeFailed() {
        guard case .open(let heartbeat, .probing) = self.state else { return }
        self.state = .open(heartbeat, .none)
    }

    // MARK: The end

    package enum CloseAction: Equatable {
        /// Tell the layer above, once.
        case closed
        case alreadyClosed
    }

    /// The session ends.
    /// - Parameter lingeringUntil: set if the transport cannot tell the client by itself; it is told with its next
    ///   request, which is awaited for so long.
    package mutating func close(lingeringUntil: NIODeadline? = nil) -> CloseAction {
        switch self.state {
        case .open, .suspended:
            self.state = lingeringUntil.map { .closing(until: $0) } ?? .closed
            return .closed
        case .closing:
            if lingeringUntil == nil { self.state = .closed }
            return .alreadyClosed
        case .closed:
            return .alreadyClosed
        }
    }
}
