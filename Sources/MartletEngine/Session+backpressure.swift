// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A wait for a client to take what was sent to it. Confined to the session's event loop.
package final class DrainWait {
    package enum Outcome {
        case drained
        /// The session ended before, or the one who waits was told of its end by ``Session/endDrainWaits(of:_:)``.
        case ended(DisconnectReason?)
        case cancelled
    }

    /// How many bytes may be unsent; `nil`: the client takes a message at once.
    fileprivate let mark: Int?
    fileprivate let owner: ObjectIdentifier
    private var completion: ((Outcome) -> Void)?

    fileprivate init(_ mark: Int?, _ owner: ObjectIdentifier, _ completion: @escaping (Outcome) -> Void) {
        self.mark = mark
        self.owner = owner
        self.completion = completion
    }

    fileprivate func end(_ outcome: Outcome) {
        self.completion.take()?(outcome)
    }
}

/// Backpressure to the one who sends.
extension Session {
    /// Waits until no more than so many bytes are unsent.
    /// - Parameters:
    ///   - mark: the number of bytes.
    ///   - owner: who waits, for ``endDrainWaits(of:_:)``.
    ///   - completion: called once, maybe at once.
    /// - Returns: the wait, to cancel it; `nil` when it is over already.
    package func whenUnsent(
        atMost mark: Int,
        owner: AnyObject,
        _ completion: @escaping (DrainWait.Outcome) -> Void
    ) -> DrainWait? {
        self.assertInEventLoop()
        guard self.isOpen else {
            completion(.ended(nil))
            return nil
        }
        guard self.unsentBytes > mark else {
            completion(.drained)
            return nil
        }
        return self.append(DrainWait(mark, ObjectIdentifier(owner), completion))
    }

    /// Waits until a volatile message would be sent rather than dropped; see ``takesVolatile``.
    /// - Parameters:
    ///   - owner: who waits, for ``endDrainWaits(of:_:)``.
    ///   - completion: called once, and not at once.
    package func whenTakesVolatile(owner: AnyObject, _ completion: @escaping (DrainWait.Outcome) -> Void) {
        _ = self.append(DrainWait(nil, ObjectIdentifier(owner), completion))
    }

    private func append(_ wait: DrainWait) -> DrainWait {
        self.state.drainWaits.append(wait)
        self.transport.tellWhenEmpty()
        // What is sent in this turn leaves at its end, of which a transport may not tell if the network takes all of it.
        self.eventLoop.execute { self.checkDrainWaits() }
        return wait
    }

    package func cancel(_ wait: DrainWait) {
        self.state.drainWaits.removeAll { $0 === wait }
        wait.end(.cancelled)
    }

    /// Ends all waits of an owner that is told nothing more.
    package func endDrainWaits(of owner: AnyObject, _ reason: DisconnectReason?) {
        guard !self.state.drainWaits.isEmpty else { return }
        let owner = ObjectIdentifier(owner)
        self.endDrainWaits(.ended(reason)) { $0.owner == owner }
    }

    func endDrainWaits() {
        guard !self.state.drainWaits.isEmpty else { return }
        self.endDrainWaits(.ended(nil)) { _ in true }
    }

    /// Fewer bytes may be unsent than before.
    package func checkDrainWaits() {
        guard !self.state.drainWaits.isEmpty else { return }
        let unsent = self.unsentBytes
        let takesVolatile = self.takesVolatile
        self.endDrainWaits(.drained) { $0.mark.map { unsent <= $0 } ?? takesVolatile }
        if !self.state.drainWaits.isEmpty { self.transport.tellWhenEmpty() }
    }

    private func endDrainWaits(_ outcome: DrainWait.Outcome, where isOver: (DrainWait) -> Bool) {
        let over = self.state.drainWaits.filter(isOver)
        self.state.drainWaits.removeAll(where: isOver)
        // Those who waited may send, and wait again.
        for wait in over { wait.end(outcome) }
    }
}
