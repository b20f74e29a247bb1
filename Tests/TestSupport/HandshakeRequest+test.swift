// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
package import MartletEngine

extension HandshakeRequest {
    /// What opens a session where nothing depends on it.
    package static let test = HandshakeRequest(
        head: HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/engine.io/?EIO=4"),
        remoteAddress: nil,
        isSecure: false
    )
}
