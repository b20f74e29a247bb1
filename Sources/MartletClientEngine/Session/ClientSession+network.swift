// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

extension ClientSession {
    /// The device has another network, or has slept. A lossless session attaches anew at once, first on the transport
    /// that it is on. A plain one asks the server for a sign of life, and ends without one; where it cannot ask, it ends
    /// at once. An attempt to open a session begins anew.
    package func networkChanged() {
        switch self.phase {
        case .idle, .over: break
        case .opening:
            self.stopRoute()
            self.begin(.handshake, self.order.handshake(first: self.configuration.firstTransport))
        case _ where self.isLossless: self.attach(self.order.starting(at: self.transport))
        case _ where self.current?.askForSign() == true:
            self.silence.limit(to: self.configuration.transportTimeout, now: self.eventLoop.now)
            self.watchSilence()
        default:
            let error = ClientError(.connectionLost, "the network has changed, and with it the connection is given up")
            self.end(SessionEndReason.transportClose, error)
        }
    }
}
