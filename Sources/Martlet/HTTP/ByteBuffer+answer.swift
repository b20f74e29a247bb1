// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// How the end of an answer's body is told.
enum AnswerFraming {
    /// All of the body is there already; it is written behind the head unless the request was made to hear of the head
    /// only.
    case whole(omitsBody: Bool)
    /// The body comes in chunks (RFC 9112, 7.1).
    case chunked
}

/// HTTP/1.1 answers as bytes (RFC 9112).
extension ByteBuffer {
    /// - Parameter fields: what goes into the head besides the answer's own fields.
    mutating func writeAnswer(_ answer: HTTPAnswer, _ fields: HTTPFields, closes: Bool, _ framing: AnswerFraming) {
        self.writeParts(expecting: Self.usualHeadSize + answer.body.readableBytes) { parts in
            if answer.status.code == 200 {
                parts.put("HTTP/1.1 200 OK\r\n")
            } else {
                parts.put("HTTP/1.1 ")
                parts.put(answer.status.code, radix: 10)
                parts.put(" ")
                parts.put(answer.status.reasonPhrase)
                parts.put("\r\n")
            }
            if let contentType = answer.contentType { parts.putField("Content-Type: ", contentType) }
            if let cacheControl = answer.cacheControl { parts.putField("Cache-Control: ", cacheControl) }
            parts.putFields(answer.otherFields)
            parts.putFields(fields)
            if closes { parts.put("Connection: close\r\n") }
            switch framing {
            case .chunked: parts.put("Transfer-Encoding: chunked\r\n\r\n")
            // RFC 9110, 8.6: no length where there can be no body.
            case .whole where !answer.mayHaveBody: parts.put("\r\n")
            case .whole(let omitsBody):
                parts.put("Content-Length: ")
                parts.put(answer.body.readableBytes, radix: 10)
                parts.put("\r\n\r\n")
                if !omitsBody { parts.put(answer.body) }
            }
        }
    }

    /// A chunk of a body; none with nothing in it, which would be the end.
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

    mutating func writeFields(_ fields: HTTPFields) {
        self.writeParts(expecting: Self.usualHeadSize) { $0.putFields(fields) }
    }

    /// More than most heads have.
    private static let usualHeadSize = 512

    /// A buffer finds out with each write whether it may, which costs more than to copy such short texts: they are put
    /// into its memory in one. When that turns out to be too small, they are put once more, into enough.
    /// - Parameter write: writes the same each time.
    private mutating func writeParts(expecting size: Int, _ write: (inout Parts) -> Void) {
        var size = size
        var isComplete = false
        while !isComplete {
            self.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
                var parts = Parts(memory: memory)
                write(&parts)
                size = parts.count
                isComplete = size <= memory.count
                return isComplete ? size : 0
            }
        }
    }
}

/// Texts, one behind the other. Those for which the memory has no room are counted only.
private struct Parts {
    let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        if let source = bytes.baseAddress, let start = self.memory.baseAddress,
            bytes.count <= self.memory.count - self.count
        {
            (start + self.count).copyMemory(from: source, byteCount: bytes.count)
        }
        self.count += bytes.count
    }

    mutating func put(_ text: StaticString) {
        self.put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { self.put(UnsafeRawBufferPointer($0)) }
    }

    mutating func put(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { self.put($0) }
    }

    /// - Parameter number: not negative.
    mutating func put(_ number: Int, radix: Int) {
        let digits: StaticString = "0123456789abcdef"
        var divisor = 1
        while number / divisor >= radix { divisor *= radix }
        while divisor > 0 {
            self.put(UnsafeRawBufferPointer(start: digits.utf8Start + number / divisor % radix, count: 1))
            divisor /= radix
        }
    }

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
