// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
internal import NIOConcurrencyHelpers

/// Counts the handshakes that a server has refused, by the cause.
package final class RefusedHandshakes: Sendable {
    private let counts = NIOLockedValueBox<[String: Int]>([:])

    package func count(_ error: EngineIOError) {
        self.counts.withLockedValue { $0[error.cause, default: 0] += 1 }
    }

    /// How many there were since the start; causes that never were are missing.
    package var byCause: [String: Int] { self.counts.withLockedValue { $0 } }
}

extension EngineIOError {
    /// The cause in a word or two, without what differs from one request to the next.
    fileprivate var cause: String {
        switch self {
        case .unknownTransport: "unknown transport"
        case .unknownSession: "unknown session"
        case .badHandshakeMethod: "bad method"
        case .badRequest, .jsonpUnsupported, .parseError: "bad request"
        case .forbidden, .foreignSession: "forbidden"
        case .unsupportedProtocolVersion: "unsupported version"
        case .limited: "limited"
        case .shuttingDown: "shutting down"
        }
    }
}
