// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The query of an Engine.IO request, decoded (Protocol.md, sections 1 and 4).
///
/// As in the reference server, a key's last value wins, `+` is a space, and a bad percent escape stays as it is.
package struct EngineQuery: Equatable, Sendable {
    /// `EIO`, the protocol revision, as the client sent it.
    package private(set) var protocolVersion: String?
    /// `transport`, as the client sent it.
    package private(set) var transport: String?
    /// `sid`, the session to which the request belongs; nil on a handshake.
    package private(set) var sid: String?
    /// `j`: the client asks for JSONP.
    package private(set) var j: String?
    /// `b64`: the client takes no binary frames.
    package private(set) var wantsBase64 = false
    /// `resume=1`: the client asks for a lossless session.
    package private(set) var wantsResume = false
    /// `probe=1`: the client only tries whether this transport gets through.
    package private(set) var isProbe = false
    /// `attach=k`: moves the session to this transport.
    package private(set) var attach: Int?
    /// `ack=n`: the number of the last message that the client has received.
    package private(set) var ack: Int?
    /// `seq=k`: the number of the body's first message.
    package private(set) var seq: Int?
    /// Whether `attach`, `ack` or `seq` is present without being a count: a bad request (400 code 3).
    package private(set) var hasMalformedCount = false
    /// The query as the client sent it, without the `?`, for the application and for ``pairs``.
    package let raw: Substring

    /// How many keys ``pairs`` holds at most; further keys are ignored. A browser sends about eight.
    package static let maxPairs = 128

    /// - Parameter target: a request's target, `/socket.io/?EIO=4&transport=polling`; without `?` the query is empty.
    package init(target: String) {
        raw = Self.query(of: target)
        Self.forEachPair(of: raw, limit: .max) { name, value, isEncoded in
            guard isEncoded else { return set(name, value) }
            Self.decode(name).withUnsafeBytes { name in
                Self.decode(value).withUnsafeBytes { value in set(name, value) }
            }
        }
    }

    private static func query(of target: String) -> Substring {
        var target = target
        let range = target.withUTF8 { bytes in
            var start: Int?
            for index in bytes.indices {
                if bytes[index] == UInt8(ascii: "#") { return (start ?? index)..<index }
                if start == nil, bytes[index] == UInt8(ascii: "?") { start = index + 1 }
            }
            return (start ?? bytes.count)..<bytes.count
        }
        let start = target.utf8.index(target.startIndex, offsetBy: range.lowerBound)
        return target[start..<target.utf8.index(start, offsetBy: range.count)]
    }

    private mutating func set(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if Self.isSame(name, "sid") {
            sid = Self.text(value)
        } else if Self.isSame(name, "EIO") {
            protocolVersion = Self.text(value)
        } else if Self.isSame(name, "transport") {
            transport = Self.text(value)
        } else if Self.isSame(name, "j") {
            j = Self.text(value)
        } else if Self.isSame(name, "b64") {
            wantsBase64 = !value.isEmpty
        } else if Self.isSame(name, "resume") {
            wantsResume = Self.text(value) == "1"
        } else if Self.isSame(name, "probe") {
            isProbe = Self.text(value) == "1"
        } else if Self.isSame(name, "attach") {
            attach = count(value)
        } else if Self.isSame(name, "ack") {
            ack = count(value)
        } else if Self.isSame(name, "seq") {
            seq = count(value)
        }
    }

    private static func isSame(_ name: UnsafeRawBufferPointer, _ key: StaticString) -> Bool {
        guard name.count == key.utf8CodeUnitCount else { return false }
        return name.indices.allSatisfy { name[$0] == key.utf8Start[$0] }
    }

    private mutating func count(_ value: UnsafeRawBufferPointer) -> Int? {
        let count = EngineCount.parse(Self.text(value).utf8)
        if count == nil { hasMalformedCount = true }
        return count
    }

    /// All keys and values, decoded, in the order in which they came, at most ``maxPairs``.
    package var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        Self.forEachPair(of: raw, limit: Self.maxPairs) { name, value, isEncoded in
            if isEncoded {
                pairs.append(
                    (Self.decode(name).withUnsafeBytes(Self.text), Self.decode(value).withUnsafeBytes(Self.text)))
            } else {
                pairs.append((Self.text(name), Self.text(value)))
            }
        }
        return pairs
    }

    /// Calls `body` with each key and its value, still encoded; `isEncoded` says whether either needs ``decode(_:)``.
    private static func forEachPair(
        of query: Substring,
        limit: Int,
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ isEncoded: Bool) -> Void
    ) {
        var query = query
        query.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            var count = 0
            var start = 0
            var equals: Int?
            var isEncoded = false
            for index in 0...bytes.count where count < limit {
                switch index < bytes.count ? bytes[index] : UInt8(ascii: "&") {
                case UInt8(ascii: "&"):
                    if index > start {
                        let name = bytes[start..<(equals ?? index)]
                        let value = bytes[min(name.endIndex + 1, index)..<index]
                        body(UnsafeRawBufferPointer(rebasing: name), UnsafeRawBufferPointer(rebasing: value), isEncoded)
                        count += 1
                    }
                    (start, equals, isEncoded) = (index + 1, nil, false)
                case UInt8(ascii: "="): equals = equals ?? index
                case UInt8(ascii: "%"), UInt8(ascii: "+"): isEncoded = true
                default: break
                }
            }
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes `+` and percent escapes. The bytes may be invalid UTF-8; ``text(_:)`` makes U+FFFD of those.
    private static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                var escape = rest.prefix(2)
                if let high = hexDigit(escape.popFirst()), let low = hexDigit(escape.popFirst()) {
                    bytes.append(high << 4 | low)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    /// A name or a value as it stands in a query: all but RFC 3986's unreserved characters (2.3) percent-encoded.
    package static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    private static func hexDigit(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case .some(let byte) where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case .some(let byte) where byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"):
            (byte | 0x20) - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
