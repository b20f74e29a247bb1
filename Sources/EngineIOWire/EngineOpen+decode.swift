// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension EngineOpen {
    /// Reads the JSON of an open packet, for clients: fields in any order, unknown ones skipped.
    /// - Throws: ``EngineIOError/parseError(_:)`` when a field is missing or of the wrong kind, or the JSON is bad.
    package init(json: ByteBuffer) throws(EngineIOError) {
        var reader = OpenJSONReader(json)
        guard let open = reader.readOpen() else { throw .parseError("invalid open packet") }
        self = open
    }
}

/// A strict reader for the JSON object of an open packet. Its methods return nil or false for malformed JSON.
private struct OpenJSONReader {
    private var rest: ByteBufferView
    /// The deepest nesting of skipped values: skipping recurses, so the depth has a limit.
    private static let maxDepth = 16

    init(_ buffer: ByteBuffer) {
        rest = buffer.readableBytesView
    }

    mutating func readOpen() -> EngineOpen? {
        var sid: String?
        var upgrades: [String]?
        var counts: [String: Int] = [:]
        var resume: EngineOpen.Resume?
        let isComplete = readObject { reader, key in
            switch key {
            case "sid":
                sid = reader.readText()
                return sid != nil
            case "upgrades":
                upgrades = reader.readTexts()
                return upgrades != nil
            case "pingInterval", "pingTimeout", "maxPayload", "ack", "from":
                counts[key] = reader.readCount()
                return counts[key] != nil
            case "resume":
                resume = reader.readResume()
                return resume != nil
            default:
                return reader.skipValue(depth: 1)
            }
        }
        skipWhiteSpace()
        guard isComplete, rest.isEmpty, let sid, let upgrades, let pingInterval = counts["pingInterval"],
            let pingTimeout = counts["pingTimeout"]
        else { return nil }
        return EngineOpen(
            sid: sid, upgrades: upgrades, pingInterval: pingInterval, pingTimeout: pingTimeout,
            maxPayload: counts["maxPayload"] ?? 0, resume: resume, ack: counts["ack"], from: counts["from"])
    }

    private mutating func readResume() -> EngineOpen.Resume? {
        var counts: [String: Int] = [:]
        let isComplete = readObject { reader, key in
            guard key == "timeout" || key == "buffer" else { return reader.skipValue(depth: 2) }
            counts[key] = reader.readCount()
            return counts[key] != nil
        }
        guard isComplete, let timeout = counts["timeout"], let buffer = counts["buffer"] else { return nil }
        return EngineOpen.Resume(timeout: timeout, buffer: buffer)
    }

    /// Reads an object; `field` reads each value and says whether it was well-formed.
    private mutating func readObject(_ field: (inout Self, String) -> Bool) -> Bool {
        guard take("{") else { return false }
        if take("}") { return true }
        repeat {
            guard let key = readText(), take(":"), field(&self, key) else { return false }
        } while take(",")
        return take("}")
    }

    private mutating func readTexts() -> [String]? {
        guard take("[") else { return nil }
        var texts: [String] = []
        if take("]") { return texts }
        repeat {
            guard let text = readText() else { return nil }
            texts.append(text)
        } while take(",")
        return take("]") ? texts : nil
    }

    private mutating func readCount() -> Int? {
        skipWhiteSpace()
        let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        rest = rest[digits.endIndex...]
        if let next = rest.first, next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") { return nil }
        return EngineCount.parse(digits)
    }

    private mutating func readText() -> String? {
        guard take("\"") else { return nil }
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = readEscape() else { return nil }
                bytes.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: return nil
            default: bytes.append(byte)
            }
        }
        return nil
    }

    /// The character that an escape stands for. Surrogates are refused: no field of an open packet needs one.
    private mutating func readEscape() -> Unicode.Scalar? {
        switch rest.popFirst() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var value: UInt32 = 0
            for _ in 0..<4 {
                guard let byte = rest.popFirst(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                    return nil
                }
                value = value << 4 | UInt32(digit)
            }
            return Unicode.Scalar(value)
        default: return nil
        }
    }

    private mutating func skipValue(depth: Int) -> Bool {
        guard depth < Self.maxDepth else { return false }
        skipWhiteSpace()
        switch rest.first {
        case UInt8(ascii: "\""): return readText() != nil
        case UInt8(ascii: "{"): return readObject { reader, _ in reader.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            guard take("[") else { return false }
            if take("]") { return true }
            repeat {
                guard skipValue(depth: depth + 1) else { return false }
            } while take(",")
            return take("]")
        default:
            let word = rest.prefix { isWordByte($0) }
            rest = rest[word.endIndex...]
            // Swift's number parser accepts all numbers of JSON's grammar and a few more, which is enough to skip one.
            let text = String(decoding: word, as: UTF8.self)
            return ["true", "false", "null"].contains(text) || Double(text)?.isFinite == true
        }
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "E"): true
        default: false
        }
    }

    /// Takes one structural character and the white space before it.
    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        skipWhiteSpace()
        guard rest.first == UInt8(ascii: scalar) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func skipWhiteSpace() {
        while let byte = rest.first, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            rest = rest.dropFirst()
        }
    }
}
