// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import Martlet
internal import MartletEvents
internal import NIOCore

/// Serves the page and its files.
struct AdminEndpoint: Endpoint {
    let path: String
    var maxBodySize: Int { 0 }
    private let files: AdminFiles

    init(path: String, server: SocketIOServer) {
        self.path = path
        self.files = AdminFiles(serverPath: server.configuration.path, namespace: path)
    }

    func respond(to request: HTTPRequest, body: ByteBuffer) -> MartletServer.Reply {
        guard request.method == .get || request.method == .head else {
            // RFC 9110, 15.5.6.
            return Self.reply(.methodNotAllowed, [.allow: "GET, HEAD"])
        }
        let target = (request.path ?? "").prefix { $0 != "?" }
        guard target != self.path else {
            // The page names its files relatively, so that it also works where a proxy puts a prefix before the path.
            let name = self.path.split(separator: "/").last ?? ""
            return Self.reply(.permanentRedirect, [.location: "\(name)/"])
        }
        guard let file = self.files[target.dropFirst(self.path.count + 1)] else { return Self.reply(.notFound) }
        return Self.reply(.ok, [.contentType: file.contentType], file.bytes)
    }

    private static func reply(
        _ status: HTTPResponse.Status,
        _ fields: HTTPFields = [:],
        _ body: ByteBuffer = ByteBuffer()
    ) -> MartletServer.Reply {
        var reply = MartletServer.Reply(status: status, headerFields: self.security, body: body)
        reply.headerFields.append(contentsOf: fields)
        return reply
    }

    /// The page's own files and its own server only: no inline script or style, no markup made from strings, no frame.
    private static let security: HTTPFields = {
        var fields: HTTPFields = [
            .contentSecurityPolicy: """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
            base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'
            """,
            .cacheControl: "no-store",
            .xContentTypeOptions: "nosniff",
        ]
        if let referrerPolicy = HTTPField.Name("Referrer-Policy") { fields[referrerPolicy] = "no-referrer" }
        return fields
    }()
}
