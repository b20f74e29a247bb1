// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Thrown by `EngineIOConfiguration.allowRequest`, `sessionIdentity` or HTTP middleware to refuse a request. The client
/// is answered with 403 and `{"code":4,"message":…}`.
public struct RequestRefused: Error {
    /// What the client is told.
    public let message: String

    public init(message: String) {
        self.message = message
    }
}
