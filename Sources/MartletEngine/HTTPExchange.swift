// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import HTTPTypes
package import NIOCore

/// The answer to an HTTP request.
package struct HTTPAnswer: Sendable {
    package var status: HTTPResponse.Status
    package var fields: HTTPFields
    package var body: ByteBuffer

    package init(status: HTTPResponse.Status, contentType: String?, body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.fields = [.cacheControl: "no-store"]
        self.fields[.contentType] = contentType
        self.body = body
    }

    /// The answer to a POST that was taken.
    package static let ok = HTTPAnswer(status: .ok, contentType: "text/html", body: ByteBuffer(string: "ok"))

    /// A refusal: its status, and its code and message as JSON.
    package static func error(_ error: EngineIOError) -> HTTPAnswer {
        HTTPAnswer(status: .init(code: error.httpStatus), contentType: "application/json", body: error.body)
    }
}

/// One HTTP request that waits for its answer, whole or as a stream. Used on the event loop of the session it is for.
package protocol HTTPExchange: AnyObject {
    /// Called once, when the connection is lost before the answer is complete.
    var onLost: (() -> Void)? { get set }

    /// Called when a stream that had much unsent has little.
    var onWritable: (() -> Void)? { get set }

    /// Bytes of a stream that have not left the process.
    var unsentBytes: Int { get }

    /// Answers the request. Nothing can be said after this.
    func respond(_ answer: HTTPAnswer)

    /// Begins an answer whose body has no end yet.
    func beginStream(_ head: HTTPAnswer)

    /// Sends more of the body.
    func writeStream(_ bytes: ByteBuffer)

    /// Ends the body.
    func endStream()
}
