// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension PerMessageDeflateParameters {
    /// Chooses the first of a client's offers that can be accepted (RFC 7692, 5.1).
    /// - Returns: Nil when no offer can be accepted; the connection then goes on without compression.
    package static func negotiate(
        _ offers: [WebSocketExtension], _ configuration: PerMessageDeflateConfiguration
    ) -> PerMessageDeflateParameters? {
        for offer in offers where offer.name == WebSocketExtension.perMessageDeflate {
            guard let offer = PerMessageDeflateOffer(offer) else { continue }
            if let parameters = accept(offer, configuration) { return parameters }
        }
        return nil
    }

    private static func accept(
        _ offer: PerMessageDeflateOffer, _ configuration: PerMessageDeflateConfiguration
    ) -> PerMessageDeflateParameters? {
        var parameters = PerMessageDeflateParameters()
        parameters.serverNoContextTakeover = offer.serverNoContextTakeover || configuration.serverNoContextTakeover
        parameters.clientNoContextTakeover = offer.clientNoContextTakeover || configuration.clientNoContextTakeover

        // The server may choose a smaller window than the client asks for, never a larger one (7.1.2.1). zlib has no
        // window of 8 bits in raw deflate, so an offer that requires 8 bits is declined.
        let serverWindowBits = min(offer.serverMaxWindowBits ?? 15, configuration.serverMaxWindowBits)
        guard serverWindowBits >= 9 else { return nil }
        if offer.serverMaxWindowBits != nil || serverWindowBits < 15 {
            parameters.serverMaxWindowBits = serverWindowBits
        }

        // A client that did not mention its window does not accept a smaller one (7.1.2.2).
        if let hint = offer.clientMaxWindowBits {
            parameters.clientMaxWindowBits = min(hint, configuration.clientMaxWindowBits)
        } else if configuration.clientMaxWindowBits < 15 {
            return nil
        }
        return parameters
    }

    /// Reads a server's answer, as a client.
    /// - Parameter extensions: The elements of the answer's `Sec-WebSocket-Extensions`.
    /// - Returns: Nil when the answer is not exactly one valid `permessage-deflate`; the client must then fail the
    ///   connection (RFC 7692, 7.1).
    package init?(answer extensions: [WebSocketExtension]) {
        guard extensions.count == 1, extensions[0].name == WebSocketExtension.perMessageDeflate,
            let answer = PerMessageDeflateOffer(extensions[0]), !answer.clientMaxWindowBitsHasNoValue
        else { return nil }
        self.init(
            serverNoContextTakeover: answer.serverNoContextTakeover,
            clientNoContextTakeover: answer.clientNoContextTakeover,
            serverMaxWindowBits: answer.serverMaxWindowBits, clientMaxWindowBits: answer.clientMaxWindowBits ?? 15
        )
    }
}

/// The parameters of one `permessage-deflate` element: each is known, well formed and given once (RFC 7692, 7).
struct PerMessageDeflateOffer {
    var serverNoContextTakeover = false
    var clientNoContextTakeover = false
    var serverMaxWindowBits: Int?
    /// 15 when the client named the parameter without a value: it then accepts any value of the server's.
    var clientMaxWindowBits: Int?
    var clientMaxWindowBitsHasNoValue = false

    /// Fails for an element that must be declined.
    init?(_ element: WebSocketExtension) {
        var seen: Set<String> = []
        for parameter in element.parameters {
            guard seen.insert(parameter.name).inserted else { return nil }
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): serverNoContextTakeover = true
            case ("client_no_context_takeover", nil): clientNoContextTakeover = true
            case ("server_max_window_bits", let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                serverMaxWindowBits = bits
            case ("client_max_window_bits", nil):
                (clientMaxWindowBits, clientMaxWindowBitsHasNoValue) = (15, true)
            case ("client_max_window_bits", let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                clientMaxWindowBits = bits
            default: return nil
            }
        }
    }

    /// 8…15, without leading zeros.
    private static func windowBits(_ value: String) -> Int? {
        ["8", "9", "10", "11", "12", "13", "14", "15"].firstIndex(of: value).map { $0 + 8 }
    }
}
