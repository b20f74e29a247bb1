// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import HTTPTypes

/// Looks at an HTTP request before the server does: lets it pass, or answers it.
/// - Parameters:
///   - request: the request, whose body may still be on its way.
///   - fields: header fields of the answer, in addition to the server's own.
/// - Returns: the answer; `nil`: the request goes on, to the next middleware or to the server.
/// - Throws: ``RequestRefused``: the client gets its message, with 403. Any other error: 400, "Bad request".
public typealias HTTPMiddleware =
    @Sendable (_ request: HandshakeRequest, _ fields: inout HTTPFields) async throws -> HTTPReply?
