// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// An answer that counts when it is complete.
struct AnswerBody {
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()
    private let limit: Int
    private var isTooLarge = false

    /// - Parameter limit: the bytes that a body may have.
    init(limit: Int) { self.limit = limit }

    mutating func begin(_ head: HTTPResponseHead) {
        self.head = head
        self.body = ByteBuffer()
        self.isTooLarge = false
    }

    mutating func append(_ bytes: ByteBuffer) {
        guard !self.isTooLarge else { return }
        guard self.body.readableBytes + bytes.readableBytes <= self.limit else {
            self.isTooLarge = true
            self.body = ByteBuffer()
            return
        }
        self.body.writeImmutableBuffer(bytes)
    }

    /// The body of an answer with the status 200.
    /// - Throws: what another answer means.
    mutating func finish(path: String) throws(ClientError) -> ByteBuffer {
        guard let head = self.head.take() else { throw ClientError(.protocolViolation, "an answer has no head") }
        let body = self.body
        self.body = ByteBuffer()
        guard !self.isTooLarge else { throw ClientError(.unavailable, "an answer is larger than this client takes") }
        guard head.status == .ok else { throw head.error(body: body, path: path) }
        return body
    }
}

extension HTTPResponseHead {
    /// How much of a body is read to tell why.
    private static let maxReason = 4096

    func error(body: ByteBuffer, path: String) -> ClientError {
        .answer(
            status: Int(self.status.code),
            body: String(decoding: body.readableBytesView.prefix(Self.maxReason), as: UTF8.self),
            location: self.headers.first(name: "location"), retryAfter: self.headers.first(name: "retry-after"),
            path: path)
    }
}
