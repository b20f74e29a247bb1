// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import NIOCore

/// The upgrade by probe (Engine.IO protocol 4): a second transport connects, exchanges `2probe` and `3probe`, and takes
/// over with `5`. Until then the session goes on unchanged.
extension Session {
    /// Takes a second transport that connected under this session's id.
    /// - Returns: whether the transport may ask to take over. If not, the caller closes it.
    package func probeConnected(_ probe: any Transport) -> Bool {
        let configuration = self.shard.configuration
        let deadline = self.shard.timers.now + TimeAmount(configuration.upgradeTimeout)
        guard configuration.allowsUpgrades, self.transport.upgrades.contains(probe.name),
            self.state.machine.probeConnected(until: deadline) == .accept
        else { return false }
        self.state.probe = probe
        self.armTimer()
        return true
    }

    func receivedOnProbe(_ packet: EnginePacket) {
        switch packet {
        case .ping(let data) where data.readableBytesView.elementsEqual("probe".utf8):
            guard self.state.machine.probePingReceived() == .answer else { return self.dropProbe() }
            self.state.probe?.write(.control(.pong(data.ownCopy())))
            self.transport.releaseForUpgrade()
        case .upgrade:
            guard self.state.machine.upgradeReceived(now: self.shard.timers.now) == .switchTransport,
                let probe = self.state.probe
            else { return self.dropProbe() }
            self.state.probe = nil
            self.move(to: probe)
        default:
            self.dropProbe()
        }
    }

    func dropProbe() {
        guard let probe = self.state.probe else { return }
        self.probeLost()
        probe.close(.protocolError)
    }

    func probeLost() {
        self.state.probe = nil
        self.state.machine.probeFailed()
        self.transport.upgradeAbandoned()
    }
}
