// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// How the client finds the end of an answer's body.
enum AnswerFraming {
    /// The whole body is known, and follows the head, unless the request was a HEAD request.
    case whole(omitsBody: Bool)
    /// The body comes in chunks (RFC 9112, 7.1).
    case chunked
    /// The body ends with the connection, since the client does not support chunks (RFC 9112, 6.1).
    case untilClose
}

/// HTTP/1.1 answers as bytes (RFC 9112).
extension ByteBuffer {
    /// - Parameters:
    ///   - fields: header fields in addition to the answer's own.
    ///   - date: the value of `Date`, see ``HTTPClock``.
    mutating func writeAnswer(
        _ answer: HTTPAnswer,
        _ fields: HTTPFields,
        date: String,
        closes: Bool,
        _ framing: AnswerFraming
    ) {
        self.writeParts(expecting: Self.usualHeadSize + answer.body.readableBytes) { parts in
            if answer.status.code == 200 {
                parts.put("HTTP/1.1 200 OK\r\n")
            } else {
                parts.put("HTTP/1.1 ")
                parts.put(answer.status.code)
                parts.put(" ")
                parts.put(answer.status.reasonPhrase)
                parts.put("\r\n")
            }
            parts.putField("Date: ", date)
            if let contentType = answer.contentType { parts.putField("Content-Type: ", contentType) }
            if answer.forbidsSniffing { parts.put("X-Content-Type-Options: nosniff\r\n") }
            if let cacheControl = answer.cacheControl { parts.putField("Cache-Control: ", cacheControl) }
            parts.putFields(answer.otherFields)
            parts.putFields(fields)
            if closes { parts.put("Connection: close\r\n") }
            switch framing {
            case .chunked: parts.put("Transfer-Encoding: chunked\r\n\r\n")
            case .untilClose: parts.put("\r\n")
            // RFC 9110, 8.6: no length for an answer that cannot have a body.
            case .whole where !answer.mayHaveBody: parts.put("\r\n")
            case .whole(let omitsBody):
                parts.put("Content-Length: ")
                parts.put(answer.body.readableBytes)
                parts.put("\r\n\r\n")
                if !omitsBody { parts.put(answer.body) }
            }
        }
    }

    /// Writes a chunk of a body; nothing for an empty buffer, since an empty chunk would end the body.
    mutating func writeChunk(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        self.writeParts(expecting: bytes.readableBytes + Self.usualHeadSize) { parts in
            parts.put(bytes.readableBytes, radix: 16)
            parts.put("\r\n")
            parts.put(bytes)
            parts.put("\r\n")
        }
    }

    mutating func writeLastChunk() {
        self.writeStaticString("0\r\n\r\n")
    }

    /// - Parameter write: see ``writeParts(expecting:_:)``.
    mutating func writeHead(_ write: (inout TextParts) -> Void) {
        self.writeParts(expecting: Self.usualHeadSize, write)
    }

    /// Larger than most heads, in bytes.
    private static let usualHeadSize = 512
}

extension TextParts {
    mutating func putField(_ nameAndColon: StaticString, _ value: String) {
        self.put(nameAndColon)
        self.put(value)
        self.put("\r\n")
    }

    mutating func putFields(_ fields: HTTPFields) {
        for field in fields {
            self.put(field.name.rawName)
            self.put(": ")
            self.put(field.value)
            self.put("\r\n")
        }
    }
}
