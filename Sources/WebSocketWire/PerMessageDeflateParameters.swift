// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The compression parameters that both sides agreed on (RFC 7692, 7.1).
package struct PerMessageDeflateParameters: Sendable, Hashable {
    package var serverNoContextTakeover: Bool
    package var clientNoContextTakeover: Bool
    /// 8…15; nil means 15, and leaves the parameter out of the answer. The answer must have it if the offer has it
    /// (7.1.2.1).
    package var serverMaxWindowBits: Int?
    /// 8…15; 15 when the parameter is absent.
    package var clientMaxWindowBits: Int

    package init(
        serverNoContextTakeover: Bool = false, clientNoContextTakeover: Bool = false,
        serverMaxWindowBits: Int? = nil, clientMaxWindowBits: Int = 15
    ) {
        self.serverNoContextTakeover = serverNoContextTakeover
        self.clientNoContextTakeover = clientNoContextTakeover
        self.serverMaxWindowBits = serverMaxWindowBits
        self.clientMaxWindowBits = clientMaxWindowBits
    }

    /// These parameters as the element of the answer's `Sec-WebSocket-Extensions`.
    package var headerValue: String {
        var value = WebSocketExtension.perMessageDeflate
        if serverNoContextTakeover { value += "; server_no_context_takeover" }
        if clientNoContextTakeover { value += "; client_no_context_takeover" }
        if let serverMaxWindowBits { value += "; server_max_window_bits=\(serverMaxWindowBits)" }
        if clientMaxWindowBits < 15 { value += "; client_max_window_bits=\(clientMaxWindowBits)" }
        return value
    }

    /// The window and takeover of the messages that `sender` compresses.
    func direction(from sender: WebSocketRole) -> (windowBits: Int, noContextTakeover: Bool) {
        switch sender {
        case .server: (serverMaxWindowBits ?? 15, serverNoContextTakeover)
        case .client: (clientMaxWindowBits, clientNoContextTakeover)
        }
    }
}
