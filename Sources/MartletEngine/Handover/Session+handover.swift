// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A session moves to another server in these steps: here it is frozen and described; there it is adopted from the
/// description; then it is released here. If anything fails before the last step, it is thawed instead.
extension Session {
    private var frozen: FrozenTransport? { self.isFrozen ? self.transport as? FrozenTransport : nil }

    /// Whether nothing is read from the client or written to it at the moment.
    package var isFrozen: Bool { self.state.isFrozen }

    /// Stops reading and writing. Messages may be sent all the same, and wait. An attach is refused meanwhile as one that
    /// the client may repeat.
    /// - Returns: false for a session that is not lossless or not open, or is frozen already.
    package func freeze() -> Bool {
        self.assertInEventLoop()
        guard self.isLossless, self.isOpen, !self.isFrozen else { return false }
        self.pauseReading(.frozen)
        self.state.transport = FrozenTransport(self.transport)
        self.state.isFrozen = true
        return true
    }

    /// Describes a frozen session, whose description does not change until it is thawed.
    /// - Returns: `nil` unless the session is frozen.
    package func snapshot() -> SessionSnapshot? {
        self.assertInEventLoop()
        guard self.isFrozen, self.isOpen, let delivery = self.delivery else { return nil }
        return SessionSnapshot(
            id: self.id.description,
            transport: self.transport.name.rawValue,
            request: RequestSnapshot(self.request),
            delivery: delivery.machine.snapshot()
        )
    }

    /// The session stays: it goes on as if it had never been frozen.
    package func thaw() {
        self.assertInEventLoop()
        guard let frozen = self.unfreeze() else { return }
        switch frozen.event {
        case .none: break
        case .disconnected(let loss): self.transportDisconnected(self.transport, loss)
        case .lost(let reason): self.transportLost(reason)
        }
        self.resumeReading(.frozen)
        self.drain()
        self.armTimer()
    }

    /// Another server has the session: it ends here without a word to the client, whose transport ends as an attach to
    /// another one ends it (Protocol.md, section 4), and without a word to the layer above.
    /// - Parameter node: the other server, for those who ask.
    package func release(to node: String) {
        self.assertInEventLoop()
        guard let frozen = self.unfreeze() else { return }
        self.shard.relocations.departed(self.id, to: node)
        self.state.transport = LostTransport(name: frozen.name)
        frozen.retire()
        // While the session is open: the client may repeat the request.
        self.abandonUpload()
        _ = self.state.machine.close()
        self.state.outbound.removeAll()
        self.delivery?.machine.removeAll()
        self.dropHandler()
        self.endDrainWaits()
        self.end()
    }

    /// - Returns: what was in the transport's place; `nil` unless the session was frozen.
    @discardableResult
    func unfreeze() -> FrozenTransport? {
        guard let frozen = self.frozen else { return nil }
        self.state.transport = frozen.transport
        self.state.isFrozen = false
        return frozen
    }

    /// Something happened to a transport that is not in use.
    func noteOutOfUse(_ source: any Transport, _ event: FrozenTransport.Event) {
        guard let frozen = self.frozen, frozen.transport === source else { return }
        if case .lost = frozen.event { return }
        frozen.event = event
    }
}
