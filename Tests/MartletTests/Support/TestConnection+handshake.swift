// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore

extension TestConnection {
    /// Asks for a session on a connection of its own.
    /// - Returns: the answer; of an answer that opens a stream or a WebSocket, the head.
    static func handshake(
        _ transport: TransportName,
        on port: Int,
        path: String = "/socket.io/",
        query: String = "",
        fields: [String] = []
    ) async throws -> TestResponse {
        let connection = try await TestConnection.connect(to: port)
        try await connection.write(Self.handshakeRequest(transport, path: path, query: query, fields: fields))
        let answer = try await connection.openingAnswer()
        await connection.close()
        return answer
    }

    /// The text of a request for a session.
    static func handshakeRequest(
        _ transport: TransportName,
        path: String = "/socket.io/",
        query: String = "",
        fields: [String] = []
    ) -> String {
        let target = "\(path)?EIO=4&transport=\(transport)\(query)"
        return transport == .websocket
            ? TestWebSocket.handshake(target, fields: fields)
            : TestConnection.request("GET", target, fields: fields)
    }

    /// Waits for an answer, but not for the rest of one that has no length.
    func openingAnswer() async throws -> TestResponse {
        var answer = try await self.responseHead()
        if let length = answer["content-length"].flatMap({ Int($0) }) {
            answer.body = try await self.read("an answer's body") { $0.readString(length: length) }
        }
        return answer
    }
}
