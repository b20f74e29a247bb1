// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

extension HTTPRequestHead {
    /// The head of a request as another node gets it: as the client sent it, but for what concerns the client's
    /// connection only (RFC 9110, 7.6.1).
    /// - Parameter field: the value of the field that vouches for the request.
    init(forwarding exchange: any ForwardableExchange, _ field: String, bodyLength: Int) {
        var headers = HTTPHeaders()
        if let host = exchange.host { headers.add(name: "Host", value: host) }
        let isUpgrade = exchange.asksForWebSocket
        var connectionOptions: Set<String> = []
        exchange.forEachField { name, value in
            if name.lowercased() == "connection" { connectionOptions.formUnion(value.tokens) }
        }
        exchange.forEachField { name, value in
            let lowercased = name.lowercased()
            guard !connectionOptions.contains(lowercased), !Self.ownFields.contains(lowercased) else { return }
            headers.add(name: name, value: value)
        }
        if isUpgrade {
            headers.add(name: "Connection", value: "Upgrade")
            headers.add(name: "Upgrade", value: "websocket")
        }
        if exchange.method == .post { headers.add(name: "Content-Length", value: String(bodyLength)) }
        headers.add(name: ForwardingField.forwarded, value: field)
        self.init(
            version: .http1_1,
            method: NIOHTTP1.HTTPMethod(rawValue: exchange.method.rawValue),
            uri: exchange.target,
            headers: headers
        )
    }

    /// Fields of one connection, and fields that are written anew.
    private static let ownFields: Set<String> = [
        "connection", "content-length", "expect", "host", "keep-alive", "martlet-forwarded", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade",
    ]
}

extension HTTPAnswer {
    /// The answer of another node, without its body.
    init(_ head: HTTPResponseHead) {
        self.init(
            status: HTTPResponse.Status(code: Int(head.status.code), reasonPhrase: head.status.reasonPhrase),
            contentType: nil
        )
        self.cacheControl = nil
        let connectionOptions = Set(head.headers["Connection"].flatMap(\.tokens))
        for (name, value) in head.headers {
            let lowercased = name.lowercased()
            switch lowercased {
            case "content-type": self.contentType = value
            case "cache-control": self.cacheControl = value
            default:
                guard !connectionOptions.contains(lowercased), !Self.ownFields.contains(lowercased),
                    let name = HTTPField.Name(name)
                else { continue }
                self.otherFields.append(HTTPField(name: name, value: value))
            }
        }
    }

    /// Fields of one connection, and fields that every answer gets anew.
    private static let ownFields: Set<String> = [
        "connection", "content-length", "date", "keep-alive", "martlet-session-node", "proxy-connection", "trailer",
        "transfer-encoding", "upgrade", "x-content-type-options",
    ]
}

extension ByteBuffer {
    /// The answer that makes a connection a WebSocket, as another node gave it.
    /// - Parameter fields: those that this node adds.
    init(switchingProtocols head: HTTPResponseHead, _ fields: HTTPFields) {
        self.init(string: "HTTP/1.1 101 Switching Protocols\r\n")
        for (name, value) in head.headers { self.writeString("\(name): \(value)\r\n") }
        for field in fields { self.writeString("\(field.name.rawName): \(field.value)\r\n") }
        self.writeStaticString("\r\n")
    }
}

extension String {
    /// The elements of a list field, in lower case.
    fileprivate var tokens: [String] {
        self.lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
    }
}
