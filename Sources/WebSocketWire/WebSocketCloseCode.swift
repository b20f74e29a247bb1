// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a WebSocket connection was closed (RFC 6455, 7.4, and the IANA registry of close codes).
package struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let normalClosure = Self(rawValue: 1000)
    package static let goingAway = Self(rawValue: 1001)
    package static let protocolError = Self(rawValue: 1002)
    package static let unsupportedData = Self(rawValue: 1003)
    /// Stands for a close frame without a code; never sent.
    package static let noStatusReceived = Self(rawValue: 1005)
    /// Stands for a connection that ended without a close frame; never sent.
    package static let abnormalClosure = Self(rawValue: 1006)
    package static let invalidPayloadData = Self(rawValue: 1007)
    package static let policyViolation = Self(rawValue: 1008)
    package static let messageTooBig = Self(rawValue: 1009)
    package static let mandatoryExtension = Self(rawValue: 1010)
    package static let internalError = Self(rawValue: 1011)
    package static let serviceRestart = Self(rawValue: 1012)
    package static let tryAgainLater = Self(rawValue: 1013)
    package static let badGateway = Self(rawValue: 1014)
    /// Stands for a failed TLS handshake; never sent.
    package static let tlsHandshake = Self(rawValue: 1015)
    /// Martlet's own: an attach named a session that the server does not know.
    package static let sessionUnknown = Self(rawValue: 4001)

    /// Whether the code may stand in a close frame: assigned for it (1000–1003, 1007–1014), or in the ranges
    /// for libraries and applications (3000–4999).
    package var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
