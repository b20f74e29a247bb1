// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a session has ended, in the words of socket.io-client's `disconnect` event.
package struct SessionEndReason: Sendable, CustomStringConvertible {
    package let name: String
    /// What has happened, as far as it is known, and what can be done about it.
    package let error: ClientError?

    package init(_ name: String, _ error: ClientError? = nil) {
        self.name = name
        self.error = error
    }

    package var description: String {
        guard let error = self.error else { return self.name }
        return "\(self.name): \(error)"
    }

    /// The server has ended the session, or its connection is gone.
    package static let transportClose = "transport close"
    /// The connection failed, or no transport could be opened.
    package static let transportError = "transport error"
    /// The server was silent for longer than it may be.
    package static let pingTimeout = "ping timeout"
    /// The server has sent something that is not a packet.
    package static let parseError = "parse error"
    /// The application has closed the session.
    package static let forcedClose = "forced close"
    /// No session could be opened in time.
    package static let timeout = "timeout"
}
