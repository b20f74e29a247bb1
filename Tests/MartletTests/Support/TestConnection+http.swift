// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// An HTTP answer.
struct TestResponse: Sendable {
    var status: Int
    var fields: [(name: String, value: String)]
    var body: String = ""

    /// The value of a header field; of several, all of them with commas.
    subscript(name: String) -> String? {
        let values = self.fields.filter { $0.name == name.lowercased() }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    fileprivate init(head: String) throws {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let status = Int(words[1]) else { throw TestFailure.unexpected(head) }
        self.status = status
        self.fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0].lowercased(), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
    }
}

extension TestConnection {
    /// The text of a request.
    static func request(_ method: String, _ target: String, fields: [String] = [], body: String? = nil) -> String {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for field in fields { text += field + "\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        return text + "\r\n" + (body ?? "")
    }

    /// Sends a request and waits for the whole answer.
    func send(_ method: String, _ target: String, fields: [String] = [], body: String? = nil) async throws
        -> TestResponse
    {
        try await self.write(Self.request(method, target, fields: fields, body: body))
        return try await self.response(to: method)
    }

    /// Waits for the head of an answer.
    func responseHead() async throws -> TestResponse {
        try await self.read("an answer's head") { bytes in
            try bytes.take(upTo: "\r\n\r\n").map { try TestResponse(head: $0) }
        }
    }

    /// Waits for a whole answer.
    func response(to method: String = "GET") async throws -> TestResponse {
        var response = try await self.responseHead()
        if method == "HEAD" || response.status == 204 || response.status == 304 { return response }
        if response["transfer-encoding"] == "chunked" {
            while let chunk = try await self.chunk() { response.body += String(buffer: chunk) }
        } else if let length = response["content-length"].flatMap({ Int($0) }) {
            response.body = try await self.read("an answer's body") { $0.readString(length: length) }
        }
        return response
    }

    /// Waits for the next chunk of a body; `nil` is its end.
    func chunk() async throws -> ByteBuffer? {
        let chunk = try await self.read("a chunk") { bytes -> ByteBuffer? in
            let saved = bytes
            guard let line = bytes.take(upTo: "\r\n"), let size = Int(line, radix: 16),
                let chunk = bytes.readSlice(length: size), bytes.readString(length: 2) != nil
            else {
                bytes = saved
                return nil
            }
            return chunk
        }
        return chunk.readableBytes == 0 ? nil : chunk
    }
}
