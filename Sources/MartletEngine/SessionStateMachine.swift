// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The decisions of a session: whether it lives, its heartbeat, and its upgrade to another transport.
///
/// The machine only decides: the method for each event returns an action, and ``Session`` carries it out.
///
/// The states cannot be copied: a method takes the state out (`switch consume`), and does not compile if a path through
/// it puts no state back.
package struct SessionStateMachine: ~Copyable {
    private enum State: ~Copyable {
        case open(Open)
        /// A lossless session without an open connection to its client.
        case suspended(Suspended)
        /// Closed by this side; the client is told with its next request.
        case closing(until: NIODeadline)
        case closed
    }

    private struct Open: ~Copyable {
        var heartbeat: Heartbeat
        var upgrade = Upgrade.none
    }

    /// Engine.IO protocol 4, upgrade.
    private enum Upgrade {
        case none
        /// A second transport is connected and has not asked to take over. `indirect`, since this case is short: other
        /// sessions need no room for it.
        indirect case probing(until: NIODeadline, answered: Bool)
        case done
    }

    private struct Suspended: ~Copyable {
        var heartbeat: Heartbeat
        /// When the session ends unless a connection opens.
        let until: NIODeadline
        var loss: Loss
    }

    /// Whether the transport was lost. `indirect`, as in ``Upgrade``.
    private enum Loss {
        /// Another request is to follow, of a transport that consists of requests.
        case none
        indirect case lost(DisconnectReason)

        init(_ reason: DisconnectReason?) { self = reason.map(Loss.lost) ?? .none }

        var reason: DisconnectReason? {
            switch self {
            case .none: nil
            case .lost(let reason): reason
            }
        }
    }

    private var state: State
    private let isLossless: Bool

    /// - Parameter configuration: its heartbeat settings are copied. The configuration itself is not kept: each session
    ///   has a machine.
    package init(configuration: EngineIOConfiguration, isLossless: Bool = false, now: NIODeadline) {
        let heartbeat = Heartbeat(
            interval: TimeAmount(configuration.pingInterval),
            timeout: TimeAmount(configuration.pingTimeout),
            now: now
        )
        self.init(isLossless, .open(Open(heartbeat: heartbeat)))
    }

    private init(_ isLossless: Bool, _ state: consuming State) {
        self.isLossless = isLossless
        self.state = state
    }

    package var isOpen: Bool {
        switch self.state {
        case .open: true
        case .suspended: true
        case .closing: false
        case .closed: false
        }
    }

    /// Why the transport was lost; `nil` while the session has one.
    package var lossReason: DisconnectReason? {
        switch self.state {
        case .suspended(let suspended): suspended.loss.reason
        default: nil
        }
    }

    package var isTransportLost: Bool { self.lossReason != nil }

    package var isClosed: Bool {
        switch self.state {
        case .closed: true
        default: false
        }
    }

    /// When ``deadlinePassed(now:)`` has something to do; `nil` when never.
    package var nextDeadline: NIODeadline? {
        switch self.state {
        case .open(let open):
            if case .probing(let until, _) = open.upgrade { return min(open.heartbeat.nextDeadline, until) }
            return open.heartbeat.nextDeadline
        case .suspended(let suspended): return suspended.until
        case .closing(let until): return until
        case .closed: return nil
        }
    }

    // MARK: Time

    package enum DeadlineAction: Equatable {
        case wait
        case sendPing
        case closeProbe
        case close(DisconnectReason)
        /// The client of a lossless session does not answer pings.
        case abandonTransport(DisconnectReason)
        /// The client of a lossless session has not come back.
        case expire(DisconnectReason)
        /// The client has not come back to be told that the session is closed.
        case forget
    }

    /// - Parameter isReadingPaused: whether the server does not read from the client, which may have answered.
    package mutating func deadlinePassed(now: NIODeadline, isReadingPaused: Bool = false) -> DeadlineAction {
        switch consume self.state {
        case .open(var open):
            let action = Self.deadlinePassed(
                &open,
                isLossless: self.isLossless,
                now: now,
                isReadingPaused: isReadingPaused
            )
            self = Self(self.isLossless, .open(open))
            return action
        case .suspended(let suspended):
            let action =
                now >= suspended.until ? DeadlineAction.expire(suspended.loss.reason ?? .transportClose) : .wait
            self = Self(self.isLossless, .suspended(suspended))
            return action
        case .closing(let until):
            self = Self(self.isLossless, now >= until ? .closed : .closing(until: until))
            return now >= until ? .forget : .wait
        case .closed:
            self = Self(self.isLossless, .closed)
            return .wait
        }
    }

    private static func deadlinePassed(
        _ open: inout Open,
        isLossless: Bool,
        now: NIODeadline,
        isReadingPaused: Bool
    ) -> DeadlineAction {
        if case .probing(let until, _) = open.upgrade, now >= until {
            open.upgrade = .none
            return .closeProbe
        }
        return switch open.heartbeat.deadlinePassed(now: now, isReadingPaused: isReadingPaused) {
        case .wait: .wait
        case .sendPing: .sendPing
        case .timeOut: isLossless ? .abandonTransport(.pingTimeout) : .close(.pingTimeout)
        }
    }

    // MARK: What the peer sends

    /// Anything but a pong came on the transport in use.
    package mutating func heard() {
        switch consume self.state {
        case .open(var open):
            open.heartbeat.heard()
            self = Self(self.isLossless, .open(open))
        case let state:
            self = Self(self.isLossless, state)
        }
    }

    package mutating func pongReceived(now: NIODeadline) {
        switch consume self.state {
        case .open(var open):
            open.heartbeat.pongReceived(now: now)
            self = Self(self.isLossless, .open(open))
        case .suspended(var suspended):
            suspended.heartbeat.pongReceived(now: now)
            self = Self(self.isLossless, .suspended(suspended))
        case let state:
            self = Self(self.isLossless, state)
        }
    }

    // MARK: Lossless sessions

    /// The last open connection to the client has ended.
    /// - Parameters:
    ///   - loss: why the connection was lost; `nil` if a request was answered that another one will follow.
    ///   - until: when the session ends unless a connection opens.
    package mutating func disconnected(_ loss: DisconnectReason?, until: NIODeadline) {
        assert(self.isLossless, "a plain session ends with its transport")
        switch consume self.state {
        case .open(let open):
            let suspended = Suspended(heartbeat: open.heartbeat, until: until, loss: Loss(loss))
            self = Self(self.isLossless, .suspended(suspended))
        case .suspended(var suspended):
            if let loss { suspended.loss = .lost(loss) }
            self = Self(self.isLossless, .suspended(suspended))
        case let state:
            self = Self(self.isLossless, state)
        }
    }

    /// A request of the transport in use opened: the client lives.
    package mutating func connected() {
        assert(self.isLossless, "a plain session is never without a transport")
        switch consume self.state {
        case .open(var open):
            open.heartbeat.heard()
            self = Self(self.isLossless, .open(open))
        case .suspended(var suspended):
            suspended.heartbeat.heard()
            self = Self(self.isLossless, .open(Open(heartbeat: suspended.heartbeat)))
        case let state:
            self = Self(self.isLossless, state)
        }
    }

    /// Another transport was attached: pings begin anew on it.
    package mutating func attached(now: NIODeadline) {
        assert(self.isLossless, "a plain session moves by an upgrade")
        switch consume self.state {
        case .open(var open):
            open.heartbeat.restart(now: now)
            self = Self(self.isLossless, .open(Open(heartbeat: open.heartbeat)))
        case .suspended(var suspended):
            suspended.heartbeat.restart(now: now)
            self = Self(self.isLossless, .open(Open(heartbeat: suspended.heartbeat)))
        case let state:
            assertionFailure("attached after the end")
            self = Self(self.isLossless, state)
        }
    }

    // MARK: Upgrade

    package enum ProbeAction: Equatable {
        case accept
        /// Another upgrade is under way or done, or the session is not open.
        case refuse
    }

    /// A second transport has connected under the session's id.
    /// - Parameter until: the deadline for the transport to take over.
    package mutating func probeConnected(until: NIODeadline) -> ProbeAction {
        self.changeUpgrade(else: .refuse) { upgrade in
            guard case .none = upgrade else { return .refuse }
            upgrade = .probing(until: until, answered: false)
            return .accept
        }
    }

    package enum ProbePingAction: Equatable {
        case answer
        case closeProbe
    }

    /// The second transport said `2probe`.
    package mutating func probePingReceived() -> ProbePingAction {
        self.changeUpgrade(else: .closeProbe) { upgrade in
            guard case .probing(let until, _) = upgrade else { return .closeProbe }
            upgrade = .probing(until: until, answered: true)
            return .answer
        }
    }

    package enum UpgradeAction: Equatable {
        case switchTransport
        case closeProbe
    }

    /// The second transport said `5`.
    package mutating func upgradeReceived(now: NIODeadline) -> UpgradeAction {
        switch consume self.state {
        case .open(var open):
            var action = UpgradeAction.closeProbe
            if case .probing(_, answered: true) = open.upgrade {
                open.heartbeat.restart(now: now)
                open.upgrade = .done
                action = .switchTransport
            }
            self = Self(self.isLossless, .open(open))
            return action
        case let state:
            self = Self(self.isLossless, state)
            return .closeProbe
        }
    }

    /// The second transport was lost, or sent an unexpected packet.
    package mutating func probeFailed() {
        self.changeUpgrade(else: ()) { upgrade in
            if case .probing = upgrade { upgrade = .none }
        }
    }

    private mutating func changeUpgrade<Action>(else refusal: Action, _ change: (inout Upgrade) -> Action) -> Action {
        switch consume self.state {
        case .open(var open):
            let action = change(&open.upgrade)
            self = Self(self.isLossless, .open(open))
            return action
        case let state:
            self = Self(self.isLossless, state)
            return refusal
        }
    }

    // MARK: The end

    package enum CloseAction: Equatable {
        /// Tell the layer above, once.
        case closed
        case alreadyClosed
    }

    /// The session ends.
    /// - Parameter lingeringUntil: given if the transport cannot tell the client by itself. The client is then told
    ///   with its next request, for which the session waits until this deadline.
    package mutating func close(lingeringUntil: NIODeadline? = nil) -> CloseAction {
        let wasOpen = self.isOpen
        if wasOpen, let lingeringUntil {
            self.state = .closing(until: lingeringUntil)
        } else if lingeringUntil == nil {
            self.state = .closed
        }
        return wasOpen ? .closed : .alreadyClosed
    }
}
