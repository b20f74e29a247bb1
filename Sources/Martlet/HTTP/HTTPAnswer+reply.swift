// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine

extension HTTPAnswer {
    /// An application's answer, with no other header fields than the application's.
    init(_ reply: HTTPReply) {
        self.init(status: reply.status, contentType: nil, body: reply.body)
        self.cacheControl = nil
        self.forbidsSniffing = false
        self.otherFields = reply.headerFields
        // The server writes these fields itself.
        for name in [HTTPField.Name.contentLength, .date, .transferEncoding] { self.otherFields[name] = nil }
    }

    /// An application's answer under a path that is the server's: as all answers there, it is not to be stored, nor taken
    /// for anything but what its type says, unless the application says otherwise.
    init(underPath reply: HTTPReply) {
        self.init(reply)
        if reply.headerFields[.cacheControl] == nil { self.cacheControl = "no-store" }
        if reply.headerFields[.xContentTypeOptions] == nil { self.forbidsSniffing = true }
    }
}

extension HTTPFields {
    /// Removes the fields that every answer has by itself. An application that adds one of them would break the
    /// answer's framing, or have the field twice.
    mutating func removeServersOwn() {
        for name in Self.serversOwn { self[name] = nil }
    }

    private static let serversOwn: [HTTPField.Name] = [
        .connection, .contentLength, .contentType, .date, .secWebSocketAccept, .secWebSocketExtensions,
        .secWebSocketProtocol, .transferEncoding, .upgrade,
    ]
}
