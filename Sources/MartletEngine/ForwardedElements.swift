// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The elements of a list to which proxies append, from its end to its start, without the blanks around them.
///
/// Each step searches at most ``longest`` bytes for a comma, so a walk over few elements is short, whatever a client
/// sent.
struct ForwardedElements: Sequence, IteratorProtocol {
    private var rest: Substring?

    init(_ list: String) {
        self.rest = list[...]
    }

    mutating func next() -> Substring? {
        guard let list = self.rest?.utf8 else { return nil }
        let end = list.suffix(Self.longest)
        let comma = end.lastIndex(of: UInt8(ascii: ","))
        self.rest = comma.map { Substring(list[..<$0]) }
        if let comma { return Substring(list[list.index(after: comma)...]).trimmingBlanks() }
        // The element is too long to be valid. Return an invalid element; the list ends with it.
        return end.startIndex == list.startIndex ? Substring(end).trimmingBlanks() : ""
    }

    /// The longest element in bytes: an IPv6 address, its brackets, a port, and some blanks.
    static let longest = 64
}

/// An element of `X-Forwarded-For`: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or
/// `[2001:db8::1]:4711`.
struct ForwardedAddress {
    let host: IPAddress
    /// 0 where none is given.
    let port: Int

    init?(_ element: Substring) {
        let element = element.utf8
        let host: Substring.UTF8View
        let afterHost: Substring.UTF8View
        if element.first == UInt8(ascii: "[") {
            guard let bracket = element.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = element[..<bracket].dropFirst()
            afterHost = element[bracket...].dropFirst()
            guard host.contains(UInt8(ascii: ":")) else { return nil }
        } else if let colon = element.firstIndex(of: UInt8(ascii: ":")),
            element.lastIndex(of: UInt8(ascii: ":")) == colon
        {
            host = element[..<colon]
            afterHost = element[colon...]
        } else {
            host = element
            afterHost = ""[...].utf8
        }
        guard let host = IPAddress(Substring(host)), let port = Self.port(afterHost) else { return nil }
        self.host = host
        self.port = port
    }

    /// Reads what follows an address: nothing, or a colon and a port.
    private static func port(_ text: Substring.UTF8View) -> Int? {
        guard let colon = text.first else { return 0 }
        let digits = text.dropFirst()
        guard colon == UInt8(ascii: ":"), 1...5 ~= digits.count else { return nil }
        guard digits.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else { return nil }
        return UInt16(Substring(digits)).map(Int.init)
    }
}

extension Substring {
    /// The text without the optional whitespace of header fields at both ends (RFC 9110, 5.6.3).
    func trimmingBlanks() -> Substring {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var text = self.utf8.drop(while: isBlank)
        while text.last.map(isBlank) == true { text.removeLast() }
        return Substring(text)
    }
}
