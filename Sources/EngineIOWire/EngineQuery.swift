// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The query of an Engine.IO request, decoded (Protocol.md, sections 1 and 4).
///
/// As in the reference a key's last value wins, `+` is a space, and a bad percent escape stands for itself.
package struct EngineQuery: Equatable, Sendable {
    /// `EIO`, the protocol revision, as it came.
    package private(set) var protocolVersion: String?
    /// `transport`, as it came.
    package private(set) var transport: String?
    /// `sid`, the session to which the request belongs; nil on a handshake.
    package private(set) var sid: String?
    /// `j`, by which JSONP is asked for.
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
    /// Whether `attach`, `ack` or `seq` was there and was no count: a bad request (400 code 3).
    package private(set) var hasMalformedCount = false
    /// The query as it came, without the `?`, for the application and for ``pairs``.
    package let raw: Substring

    /// How many keys are read; the rest is ignored. A browser sends about eight.
    package static let maxPairs = 128

    /// - Parameter target: a request's target, `/socket.io/?EIO=4&transport=polling`; without `?` the query is empty.
    package init(target: String) {
        let beforeFragment = target.utf8.prefix { $0 != UInt8(ascii: "#") }
        let query = beforeFragment.drop { $0 != UInt8(ascii: "?") }.dropFirst()
        raw = Substring(query)
        for (name, value) in pairs { set(name, value) }
    }

    private mutating func set(_ name: String, _ value: String) {
        switch name {
        case "EIO": protocolVersion = value
        case "transport": transport = value
        case "sid": sid = value
        case "j": j = value
        case "b64": wantsBase64 = !value.isEmpty
        case "resume": wantsResume = value == "1"
        case "probe": isProbe = value == "1"
        case "attach": attach = count(value)
        case "ack": ack = count(value)
        case "seq": seq = count(value)
        default: break
        }
    }

    private mutating func count(_ value: String) -> Int? {
        let count = EngineCount.parse(value.utf8)
        if count == nil { hasMalformedCount = true }
        return count
    }

    /// All keys and values, decoded, in the order in which they came, at most ``maxPairs``.
    package var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for pair in raw.utf8.split(separator: UInt8(ascii: "&"), maxSplits: Self.maxPairs).prefix(Self.maxPairs) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            pairs.append((Self.decode(name), Self.decode(pair[name.endIndex...].dropFirst())))
        }
        return pairs
    }

    /// Decodes `+` and percent escapes; what is not UTF-8 afterwards becomes U+FFFD.
    private static func decode(_ text: Substring.UTF8View) -> String {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(Substring(text))
        }
        var bytes: [UInt8] = []
        var rest = text
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
        return String(decoding: bytes, as: UTF8.self)
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
