// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire

/// Why a request under the server's path was refused: what `EngineIOConfiguration.onConnectionError` gets.
public struct ConnectionFailure: Sendable {
    /// The request.
    public let request: HandshakeRequest
    /// The `code` that the client got: 0 unknown transport, 1 unknown session, 2 bad handshake method, 3 bad request,
    /// 4 forbidden, 5 unsupported protocol version.
    public let code: Int
    /// The `message` that the client got.
    public let message: String
    /// Details, named as in the reference server. With code 0 `transport`, with 1 `sid`, with 2 `method`, with 5
    /// `protocol`; with the codes 3 and 4 `name`, one of `INVALID_ORIGIN` (also `origin`), `TRANSPORT_MISMATCH` (also
    /// `transport`, `previousTransport`), `TRANSPORT_HANDSHAKE_ERROR`, `MIDDLEWARE_FAILURE`, `IDENTITY_MISMATCH`,
    /// `LIMIT_EXCEEDED`, `SHUTTING_DOWN`. If `allowRequest` or `sessionIdentity` has refused, only `message`.
    public let context: [String: String]
    /// The error that `allowRequest`, `sessionIdentity` or middleware threw, if one of them did.
    public let error: (any Error)?

    package init(
        request: HandshakeRequest,
        refusal: EngineIOError,
        context: [String: String],
        error: (any Error)? = nil
    ) {
        self.request = request
        self.code = refusal.code
        self.message = refusal.message
        self.context = context
        self.error = error
    }
}
