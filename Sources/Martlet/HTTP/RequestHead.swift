// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

/// The head of a request, made from NIO's HTTP/1 types or from `HTTPTypes`.
///
/// The fields that every request needs are read in one pass over all fields; other fields are looked up on demand. An
/// `HTTPRequest` is made only when it is shown to the application.
final class RequestHead: Sendable {
    private enum Form: Sendable {
        case http1(HTTPRequestHead)
        case types(HTTPRequest)
    }

    private let form: Form
    let method: HTTPRequest.Method
    /// Path and query.
    let target: String
    /// The value of `Host`, with which a browser's `Origin` is compared.
    let host: String?
    let origin: String?
    let contentType: String?
    let contentLength: Int?
    /// By this field another node of the cluster vouches for a request that it forwards.
    let forwarded: String?
    let expectsContinue: Bool
    /// Whether the client leaves the connection open for another request.
    let keepsAlive: Bool
    /// Whether the request's decoder has stopped reading HTTP, because an upgrade was asked for.
    let asksForUpgrade: Bool
    let asksForWebSocket: Bool
    /// Whether the client speaks HTTP/1.0: it knows of no chunks, and its connection is closed after the answer.
    let isHTTP10: Bool
    /// The size of the head in bytes in the usual notation, and how many `Host` fields it has.
    let size: Int
    let hostCount: Int

    /// Fails when the method or the target is invalid.
    convenience init?(_ head: HTTPRequestHead) {
        guard let method = try? HTTPRequest.Method(head.method) else { return nil }
        var target = head.uri
        // RFC 9112, 3.2.2: a server accepts the absolute form, which clients send to proxies only.
        if target.utf8.first != UInt8(ascii: "/") {
            guard let request = try? HTTPRequest(head, secure: false, splitCookie: false) else { return nil }
            target = request.path ?? ""
        }
        var fields = Fields(size: head.method.rawValue.utf8.count + head.uri.utf8.count + "  HTTP/1.1\r\n".utf8.count)
        for (name, value) in head.headers { fields.read(name, value) }
        self.init(
            .http1(head), method, target: target, host: fields.host, keepsAlive: head.isKeepAlive,
            isHTTP10: head.version == .http1_0, fields)
    }

    convenience init(_ head: HTTPRequest) {
        var fields = Fields()
        for field in head.headerFields { fields.read(field.name.canonicalName, field.value) }
        self.init(
            .types(head),
            head.method,
            target: head.path ?? "",
            // RFC 9113, 8.3.1: a request that lacks `:authority` may have `Host`.
            host: head.authority ?? fields.host,
            keepsAlive: fields.connection?.hasToken("close") != true,
            isHTTP10: false,
            fields
        )
    }

    private init(
        _ form: Form,
        _ method: HTTPRequest.Method,
        target: String,
        host: String?,
        keepsAlive: Bool,
        isHTTP10: Bool,
        _ fields: consuming Fields
    ) {
        self.form = form
        self.method = method
        self.target = target
        self.host = host
        self.isHTTP10 = isHTTP10
        // An HTTP/1.0 client could keep the connection only if the answer said so (RFC 9112, 9.3).
        self.keepsAlive = keepsAlive && !isHTTP10
        self.origin = fields.origin
        self.contentType = fields.contentType
        self.contentLength = fields.contentLength.flatMap { Int($0) }
        self.forwarded = fields.forwarded
        // An HTTP/1.0 client's `Expect` and `Upgrade` are ignored (RFC 9110, 7.8 and 10.1.1).
        self.expectsContinue = !isHTTP10 && fields.expect?.hasToken("100-continue") == true
        self.asksForUpgrade = fields.upgrade != nil && fields.connection?.hasToken("upgrade") == true
        self.asksForWebSocket = !isHTTP10 && self.asksForUpgrade && fields.upgrade?.hasToken("websocket") == true
        self.size = fields.size
        self.hostCount = fields.hostCount
    }

    /// The fields that every request needs. The lines of one field form one list (RFC 9110, 5.3).
    private struct Fields {
        var size = 0
        var hostCount = 0
        var host: String?
        var origin: String?
        var expect: String?
        var upgrade: String?
        var connection: String?
        var contentType: String?
        var contentLength: String?
        var forwarded: String?

        mutating func read(_ name: String, _ value: String) {
            self.size += name.utf8.count + value.utf8.count + ": \r\n".utf8.count
            switch name.utf8.count {
            case 4 where name.isSame("Host"):
                self.hostCount += 1
                if self.host == nil { self.host = value }
            case 6 where name.isSame("Origin"): Self.append(value, to: &self.origin)
            case 6 where name.isSame("Expect"): Self.append(value, to: &self.expect)
            case 7 where name.isSame("Upgrade"): Self.append(value, to: &self.upgrade)
            case 10 where name.isSame("Connection"): Self.append(value, to: &self.connection)
            case 12 where name.isSame("Content-Type"): Self.append(value, to: &self.contentType)
            case 14 where name.isSame("Content-Length"): Self.append(value, to: &self.contentLength)
            case 17 where name.isSame("Martlet-Forwarded"): Self.append(value, to: &self.forwarded)
            default: break
            }
        }

        private static func append(_ value: String, to list: inout String?) {
            list = list.map { "\($0), \(value)" } ?? value
        }
    }

    /// Whether the request may lack `Host`, as only HTTP/1.0 requests may (RFC 9112, 3.2).
    var mayLackHost: Bool { self.isHTTP10 }

    /// The values of a field's lines.
    subscript(values name: String) -> [String] {
        switch self.form {
        case .http1(let head): head.headers[name]
        case .types(let head): HTTPField.Name(name).map { head.headerFields[values: $0] } ?? []
        }
    }

    /// Calls `body` with the name and the value of each field line, in order.
    func forEachField(_ body: (_ name: String, _ value: String) -> Void) {
        switch self.form {
        case .http1(let head): for (name, value) in head.headers { body(name, value) }
        case .types(let head): for field in head.headerFields { body(field.name.rawName, field.value) }
        }
    }

    /// Whether the connection is encrypted, as far as the HTTP server tells.
    var isSecure: Bool {
        if case .types(let head) = self.form { head.scheme == "https" } else { false }
    }

    /// The values of a field's lines, joined with commas.
    func joined(_ name: String) -> String? {
        let values = self[values: name]
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The head as an `HTTPRequest`, for responders and for handlers further on in the pipeline.
    var request: HTTPRequest {
        switch self.form {
        case .types(let head): return head
        case .http1(let head):
            var request = HTTPRequest(method: self.method, scheme: "http", authority: self.host, path: self.target)
            request.headerFields = HTTPFields(head.headers, splitCookie: false)
            return request
        }
    }

    /// The head in the form that a session keeps.
    /// - Parameter isSecure: whether the client's connection is encrypted, if that is known without the head.
    func handshake(
        remoteAddress: SocketAddress?,
        isSecure: Bool? = nil,
        trusting proxies: TrustedProxies
    ) -> HandshakeRequest {
        let isSecure = isSecure ?? self.isSecure
        return switch self.form {
        case .types(let head):
            HandshakeRequest(
                head: head,
                remoteAddress: remoteAddress,
                isSecure: isSecure,
                trusting: proxies
            )
        case .http1(let head):
            HandshakeRequest(
                method: self.method,
                scheme: isSecure ? "https" : "http",
                authority: self.host,
                target: self.target,
                fields: Self.fieldsButHost(head.headers),
                remoteAddress: remoteAddress,
                isSecure: isSecure,
                trusting: proxies
            )
        }
    }

    private static func fieldsButHost(_ headers: HTTPHeaders) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        fields.reserveCapacity(headers.count)
        for field in headers where !field.name.isSame("Host") { fields.append(field) }
        return fields
    }
}
