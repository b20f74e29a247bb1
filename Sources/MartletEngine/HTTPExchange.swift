// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import HTTPTypes
package import NIOCore

/// The answer to an HTTP request.
package struct HTTPAnswer: Sendable {
    package var status: HTTPResponse.Status
    /// The application's own answers have theirs in ``otherFields``.
    package var contentType: String?
    /// Whether `X-Content-Type-Options: nosniff` is said (Fetch standard): a browser takes the body for nothing but
    /// what its type says.
    package var forbidsSniffing = true
    package var cacheControl: String? = "no-store"
    /// Header fields besides those of the type and `Cache-Control`.
    package var otherFields = HTTPFields()
    package var body: ByteBuffer
    /// The size in bytes from which on the body is compressed, for clients that accept that.
    package var compressionThreshold = Int.max

    package init(status: HTTPResponse.Status, contentType: String?, body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// All header fields but those that depend on the connection.
    package var fields: HTTPFields {
        var fields = HTTPFields()
        if let contentType { fields[.contentType] = contentType }
        if self.forbidsSniffing { fields[.xContentTypeOptions] = "nosniff" }
        if let cacheControl { fields[.cacheControl] = cacheControl }
        fields.append(contentsOf: self.otherFields)
        return fields
    }

    /// Whether the answer may have a body (RFC 9110, 6.4.1).
    package var mayHaveBody: Bool { self.status != .noContent && self.status != .notModified }

    /// The answer to a POST whose body was taken.
    package static let ok = HTTPAnswer(status: .ok, contentType: "text/html", body: ByteBuffer(string: "ok"))

    /// A refusal: the error's HTTP status, with its code and message as JSON.
    package static func error(_ error: EngineIOError) -> HTTPAnswer {
        let status = HTTPResponse.Status(code: error.httpStatus)
        var answer = HTTPAnswer(status: status, contentType: "application/json", body: error.body)
        if let seconds = error.retryAfter { answer.otherFields[.retryAfter] = String(seconds) }
        return answer
    }
}

/// One HTTP request that waits for a complete or a streamed answer. Used on the event loop of the request's session.
package protocol HTTPExchange: AnyObject {
    /// Called once, when the connection is lost before the answer is complete, or when the answer given to
    /// ``respond(_:)`` could not be sent.
    var onLost: (() -> Void)? { get set }

    /// Whether a part of a streamed answer has left the process.
    var hasSentOutput: Bool { get }

    /// Called when a stream with many unsent bytes has sent most of them, and when a stream has sent all of them.
    var onWritable: (() -> Void)? { get set }

    /// Bytes of a stream that have not left the process.
    var unsentBytes: Int { get }

    /// Answers the request with a complete answer. Call no other method afterwards.
    func respond(_ answer: HTTPAnswer)

    /// Begins an answer whose body follows with ``writeStream(_:)``.
    func beginStream(_ head: HTTPAnswer)

    /// Sends more of the body.
    func writeStream(_ bytes: ByteBuffer)

    /// Ends the body.
    func endStream()
}
