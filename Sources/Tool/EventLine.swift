// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletShared
import NIOCore
import SocketIOWire

/// An event as it is typed: its name, and its arguments in JSON with blanks between them. A question mark after the name
/// asks for an answer. A name with blanks stands in quotes.
struct EventLine {
    let event: String
    let isQuestion: Bool
    let arguments: SocketArguments

    init(_ event: String, isQuestion: Bool, _ arguments: [Substring]) throws(ToolFailure) {
        guard !EventName.isReserved(event) else {
            throw ToolFailure("'\(event)' cannot be sent: the protocol keeps this name for itself.")
        }
        for argument in arguments where (try? JSONScanner.validate(ByteBuffer(substring: argument))) == nil {
            throw ToolFailure("'\(argument)' is not JSON. A text stands in quotes: \"\(argument.prefix(20))\".")
        }
        self.event = event
        self.isQuestion = isQuestion
        self.arguments = SocketArguments(RawArguments(Array(arguments.joined(separator: ",").utf8)))
    }

    /// - Returns: nil for an empty line.
    init?(_ line: String) throws(ToolFailure) {
        var parts = try Self.split(line)[...]
        guard var name = parts.popFirst() else { return nil }
        let isQuestion = name.last == "?" && name.count > 1
        if isQuestion { name.removeLast() }
        var event = String(name)
        if name.first == "\"" {
            guard
                let quoted = try? JSONArgumentCoder().decode(String.self, from: .init(substring: name), attachments: [])
            else { throw ToolFailure("\(name) is no name of an event: a quote is not closed.") }
            event = quoted
        }
        try self.init(event, isQuestion: isQuestion, Array(parts))
    }

    /// The parts between blanks, of which those within quotes, brackets and braces separate nothing.
    private static func split(_ line: String) throws(ToolFailure) -> [Substring] {
        var parts: [Substring] = []
        var start: String.Index?
        var depth = 0
        var isQuoted = false
        var isEscaped = false
        let bytes = line.utf8
        for index in bytes.indices {
            let byte = bytes[index]
            if isQuoted {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                guard depth == 0, let begin = start else { continue }
                parts.append(line[begin..<index])
                start = nil
                continue
            case UInt8(ascii: "\""): isQuoted = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            if start == nil { start = index }
        }
        guard !isQuoted, depth <= 0 else { throw ToolFailure("The line ends within a text, an array or an object.") }
        if let start { parts.append(line[start...]) }
        return parts
    }
}

extension SocketArguments {
    /// The arguments in JSON, as they are typed, and how many bytes their attachments have.
    var text: String {
        let values = self.elements.map { $0.description }.joined(separator: " ")
        guard !self.attachments.isEmpty else { return values }
        let sizes = self.attachments.map { "\($0.readableBytes.grouped) bytes" }.joined(separator: ", ")
        return "\(values) (binary: \(sizes))"
    }
}
