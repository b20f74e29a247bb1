// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import Logging
package import MartletEngine
package import NIOCore

/// Which transport the session is on, and how it comes to another.
extension ClientSession {
    /// Moves to a transport, and prefers it from now on.
    /// - Returns: succeeds when the transport is in use; fails with a ``ClientError`` when it could not be had, and the
    ///   session is where it was. A plain session cannot move: it fails, too, and nothing changes.
    package func switchTransport(to name: TransportName) -> EventLoopFuture<Void> {
        let promise = self.eventLoop.makePromise(of: Void.self)
        if self.isLossless { self.order.prefer(name) }
        if self.isLossless, !self.phase.isClosing, self.isAttaching || self.transport != name {
            self.stopRoute()
            self.switches.append((name, promise))
            self.begin(.attach, [name])
        } else {
            self.settle((name, promise))
        }
        return promise.futureResult
    }

    /// - Parameter cause: why the transport could not be had.
    private func settle(
        _ waiting: (name: TransportName, promise: EventLoopPromise<Void>), _ cause: ClientError? = nil
    ) {
        if self.transport == waiting.name, !self.phase.isClosing { return waiting.promise.succeed() }
        let place = self.transport.map { "\($0) stays in use" } ?? "there is no connection now"
        let why = self.isLossless ? cause?.message : "a session that is not lossless cannot move"
        waiting.promise.fail(
            ClientError(
                .unavailable, "\(waiting.name) cannot be used, \(place)\(why.map { ": \($0)" } ?? "")",
                transport: waiting.name))
    }

    func attach(_ names: [TransportName]) {
        self.stopRoute()
        self.begin(.attach, names)
    }

    /// Cancels whatever is under way.
    /// - Parameter cause: why a switch that is waited for has failed.
    func stopRoute(_ cause: ClientError? = nil) {
        self.routeTimer?.cancel()
        self.routeTimer = nil
        let candidate = self.search?.candidate
        self.search = nil
        self.isUpgradeReady = false
        candidate?.close()
        let switches = self.switches
        self.switches = []
        for waiting in switches { self.settle(waiting, cause) }
    }

    // MARK: Searching

    func begin(_ purpose: TransportSearch.Purpose, _ names: [TransportName]) {
        self.search = TransportSearch(purpose, names)
        self.tryNext()
    }

    private func tryNext() {
        self.routeTimer?.cancel()
        self.routeTimer = nil
        while let name = self.search?.next() {
            guard let candidate = self.makeTransport(name, self) else {
                self.search?.error = ClientError(.unavailable, "this client has no such transport", transport: name)
                continue
            }
            let terms = self.terms(of: self.search?.purpose ?? .probe)
            self.search?.terms = terms
            self.search?.candidate = candidate
            // The last transport of a handshake has no timeout of its own: that of opening holds.
            if self.id != nil || self.search?.isLast == false {
                let patience = TimeAmount.nanoseconds(
                    self.configuration.transportTimeout.nanoseconds * Int64(candidate.patience))
                self.routeTimer = self.schedule(in: patience) { session in
                    candidate.close()
                    session.candidateFailed(ClientError(.timeout, "nothing came in time", transport: name))
                }
            }
            return candidate.open()
        }
        self.searchFailed()
    }

    private func terms(of purpose: TransportSearch.Purpose) -> RequestTerms {
        var terms = RequestTerms(sid: self.id)
        switch purpose {
        case .handshake: terms.resume = self.configuration.wantsLossless
        case .probe:
            terms.sid = nil
            terms.probe = true
        case .upgrade: break
        case .attach:
            self.attachCount += 1
            terms.attach = self.attachCount
            terms.ack = self.delivery.receivedCount
        }
        return terms
    }

    func candidateFailed(_ error: ClientError) {
        guard !self.isVerdict(error) else { return }
        self.logger.debug("A transport failed", metadata: ["error": "\(error)"])
        self.search?.error = error
        self.search?.candidate = nil
        self.isUpgradeReady = false
        self.tryNext()
    }

    private func searchFailed() {
        guard let search = self.search else { return }
        self.search = nil
        switch search.purpose {
        case .handshake: self.end(SessionEndReason.transportError, search.error)
        case .probe: self.climb()
        case .upgrade:
            if let current = self.current { self.poll(current) }
            self.flush()
        case .attach:
            self.stopRoute(search.error)
            if let current = self.current {
                self.climb()
                self.poll(current)
                self.flush()
            } else if self.phase.isClosing || self.silence.isOver(now: self.eventLoop.now) {
                // The server has forgotten the session by now.
                self.end(self.loss.name, self.loss.error)
            } else {
                self.attach(self.order.names, after: self.order.nextRetry(using: &self.random))
            }
        }
    }

    private func attach(_ names: [TransportName], after delay: TimeAmount) {
        self.stopRoute()
        self.routeTimer = self.schedule(in: delay) { $0.attach(names) }
    }

    /// Probes from time to time whether a better transport works by now.
    func climb() {
        let better = self.order.better(than: self.transport)
        guard !better.isEmpty, self.isLossless, self.configuration.climbs else { return }
        self.routeTimer?.cancel()
        self.routeTimer = self.schedule(in: self.order.nextClimb(using: &self.random)) { $0.begin(.probe, better) }
    }

    // MARK: Loss

    /// The transport in use failed, or was closed.
    func transportLost(_ reason: String, _ error: ClientError) {
        guard !self.isVerdict(error) else { return }
        guard self.isLossless else { return self.end(reason, error) }
        guard self.happened(.lost) else { return }
        self.logger.debug("The transport is lost", metadata: ["reason": "\(reason)", "error": "\(error)"])
        self.loss = SessionEndReason(reason, error)
        self.leave()
        // While an attach is under way, the loss of the old transport is part of it.
        guard !self.isAttaching else { return }
        self.handler?.session(self, movedTo: nil)
        guard self.phase != .over, self.current == nil, !self.isAttaching else { return }
        let next = self.order.lost(
            self.lastName, isSilent: reason == SessionEndReason.pingTimeout, now: self.eventLoop.now,
            using: &self.random)
        self.attach(next.names, after: next.delay)
    }

    /// Lets go of the transport in use.
    func leave() {
        guard let current = self.current else { return }
        self.current = nil
        self.isReceiving = false
        self.silence.suspended(now: self.eventLoop.now, keep: self.keep)
        current.close()
    }

    /// Ends the session if the server does not know it, or refuses a message for its size, which it would refuse again
    /// whenever it is sent. No other answer of a server or a proxy ends the session.
    private func isVerdict(_ error: ClientError) -> Bool {
        guard self.id != nil, error.code == .sessionUnknown || error.code == .messageTooLarge else { return false }
        if self.current != nil || self.loss.error == nil {
            self.loss = SessionEndReason(
                self.current == nil ? self.loss.name : SessionEndReason.transportError, error)
        }
        self.end(self.loss.name, self.loss.error)
        return true
    }
}
