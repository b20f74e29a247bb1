// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
internal import Logging
internal import NIOConcurrencyHelpers

/// Counts the handshakes that a server has refused, by the cause, and logs them.
package final class RefusedHandshakes: Sendable {
    private let counts = NIOLockedValueBox<[String: Int]>([:])
    private let logger: ThrottledLogger

    package init(_ logger: ThrottledLogger = ThrottledLogger()) {
        self.logger = logger
    }

    /// Neither what the client sent nor what the application said of it is logged: either may be secret.
    package func count(_ error: EngineIOError, transport: TransportName?) {
        self.counts.withLockedValue { $0[error.cause, default: 0] += 1 }
        var metadata: Logger.Metadata = ["reason": "\(error.cause)"]
        if let transport { metadata["transport"] = "\(transport)" }
        self.logger.log(level: .info, metadata: metadata) { "a handshake was refused" }
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
