// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The head of an answer to an upgrade request (RFC 9112, 2 to 5).
struct HTTPAnswerHead {
    var status: Int
    var fields: [(name: String, value: String)]

    /// What a head may be long.
    private static let maxBytes = 16 << 10

    /// Takes a head from the start of `buffer`.
    /// - Returns: `nil` as long as it is incomplete.
    /// - Throws: what is wrong with it.
    static func read(_ buffer: inout ByteBuffer) throws(ClientError) -> HTTPAnswerHead? {
        guard let length = self.length(buffer.readableBytesView) else {
            guard buffer.readableBytes <= self.maxBytes else { throw self.invalid("its head is too long") }
            return nil
        }
        guard length <= self.maxBytes, let text = buffer.readString(length: length) else {
            throw self.invalid("its head is too long")
        }
        var lines = text.utf8.split(separator: UInt8(ascii: "\n")).map { line in
            Substring(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
        guard !lines.isEmpty else { throw self.invalid("it has no status") }
        let status = try self.status(lines.removeFirst())
        var fields: [(name: String, value: String)] = []
        for line in lines where !line.isEmpty {
            // RFC 9112, 5.1 and 5.2: no blank before the colon, and no line that continues the one before. RFC 9110,
            // 5.5: no CR and no NUL in a value, which may come back to a server as a cookie.
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
                line[..<colon].utf8.allSatisfy({ 0x21...0x7e ~= $0 }),
                line.utf8.allSatisfy({ $0 != UInt8(ascii: "\r") && $0 != 0 })
            else { throw self.invalid("a header field is malformed") }
            fields.append((String(line[..<colon]), self.trimmed(line[line.index(after: colon)...])))
        }
        return HTTPAnswerHead(status: status, fields: fields)
    }

    func first(_ name: String) -> String? {
        self.fields.first { $0.name.lowercased() == name }?.value
    }

    /// The number of bytes up to and with the empty line.
    private static func length(_ bytes: ByteBufferView) -> Int? {
        var lineLength = 0
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "\n"):
                if lineLength == 0, index > bytes.startIndex { return index - bytes.startIndex + 1 }
                lineLength = 0
            case UInt8(ascii: "\r"): break
            default: lineLength += 1
            }
        }
        return nil
    }

    private static func status(_ line: Substring) throws(ClientError) -> Int {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", parts[1].utf8.count == 3,
            let status = Int(parts[1]), status >= 100
        else { throw self.invalid("it is not HTTP") }
        return status
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }

    private static func invalid(_ why: String) -> ClientError {
        ClientError(.unexpectedAnswer, "the answer cannot be read: \(why). Is this the port of a web server?")
    }
}
