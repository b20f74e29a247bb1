// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import Martlet
public import MartletEvents

extension MartletServer.Mount {
    /// A page that shows what a Socket.IO server does, and lets who knows the token disconnect sockets and send events.
    ///
    /// ```swift
    /// try MartletServer([.socketIO(io), .admin(io, token: token)])
    /// ```
    ///
    /// The page asks for the token, and speaks with the server in a namespace of its own, which any other program may use,
    /// too; the guide describes it. Addresses that try wrong tokens have to wait. Nothing is counted or heard for the page
    /// while it is not open.
    ///
    /// The token travels in the clear where the connection is not encrypted, so let others reach the page by HTTPS only.
    ///
    /// Call this once for a server, and keep what it returns where mounts are asked for repeatedly, as by the initializer
    /// of a server's pipeline.
    /// - Parameters:
    ///   - server: the server that the page shows; its mount must be served, too.
    ///   - token: who knows it may do all that the page offers; 16 bytes at least.
    ///   - path: the path of the page, and the name of the namespace.
    /// - Throws: an `AdminError` for a token or a path that is not as described, when there is a namespace of that name
    ///   already, and for a server that does not speak JSON.
    public static func admin(
        _ server: SocketIOServer,
        token: String,
        path: String = "/admin"
    ) throws(AdminError) -> MartletServer.Mount {
        let admin = try Admin(of: server, token: token, path: path)
        admin.listen(on: server)
        return .endpoint(AdminEndpoint(path: path, server: server))
    }
}

/// Why `MartletServer.Mount.admin(_:token:path:)` has failed.
public enum AdminError: Error, Hashable, CustomStringConvertible {
    /// The token is shorter than 16 bytes.
    case tokenTooShort
    /// The path does not begin with a slash, ends with one, or has a character that a path cannot have.
    case invalidPath(String)
    /// The server has a namespace of this name: the application's own, or that of a page which is served already.
    case namespaceExists(String)
    /// The server speaks another format than JSON, which the page does not understand.
    case notJSON

    public var description: String {
        switch self {
        case .tokenTooShort: "the token has fewer than \(AdminToken.shortest) bytes"
        case .invalidPath(let path): "'\(path)' is not a path such as /admin"
        case .namespaceExists(let name): "the server has a namespace '\(name)' already"
        case .notJSON: "the server speaks another format than JSON, which the page does not understand"
        }
    }
}
