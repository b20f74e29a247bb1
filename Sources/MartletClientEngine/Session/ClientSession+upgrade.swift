// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore

/// The upgrade of a plain session from polling (Protocol.md, section 1).
extension ClientSession {
    static let probe = ByteBuffer(string: "probe")

    func beginUpgrade(_ open: EngineOpen) {
        guard !self.isLossless, self.transport == .polling, self.configuration.climbs,
            open.upgrades.contains(TransportName.websocket.rawValue),
            self.order.better(than: self.transport).contains(.websocket)
        else { return }
        self.begin(.upgrade, [.websocket])
    }

    /// The WebSocket takes over once the GET and the POST that are under way are answered.
    func continueUpgrade() {
        guard self.isUpgradeReady, let candidate = self.search?.candidate, let current = self.current, !current.isBusy
        else { return }
        self.search?.candidate = nil
        _ = candidate.write(.upgrade)
        candidate.flush()
        self.use(candidate)
        self.handler?.session(self, movedTo: candidate.name)
        self.flushSoon()
    }
}
