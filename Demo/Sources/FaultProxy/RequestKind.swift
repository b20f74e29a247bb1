// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOHTTP1

/// What the proxy must know about a request: its visitor, and its transport.
package struct RequestKind: Equatable {
    package private(set) var visitor: Visitor?
    package private(set) var transport: Faults.Transport?
    /// Whether the request asks for an upgrade. After such a request the decoder reads no other one, unless the
    /// connection becomes a tunnel.
    package let asksForUpgrade: Bool

    /// The kind of bytes that are not HTTP. After them nothing more is read, either.
    static let malformed = RequestKind(asksForUpgrade: true)

    private init(asksForUpgrade: Bool) {
        self.asksForUpgrade = asksForUpgrade
    }

    /// Only requests to the real-time server have a visitor; requests for the page and its files always pass.
    package init(_ head: HTTPRequestHead, path: String = "/socket.io/") {
        self.asksForUpgrade = head.headers.contains(name: "upgrade")
        guard head.uri.hasPrefix(path), let query = head.uri.firstIndex(of: "?") else { return }
        for term in head.uri[query...].dropFirst().split(separator: "&") {
            if term.hasPrefix("visitor=") {
                self.visitor = Visitor(String(term.dropFirst("visitor=".count)))
            } else if term.hasPrefix("transport=") {
                self.transport = Faults.Transport(rawValue: String(term.dropFirst("transport=".count)))
            }
        }
    }
}

/// The decision about a request.
package enum Verdict: Equatable {
    case pass
    case passWithoutUpgrade
    case refuse

    package init(_ kind: RequestKind, _ faults: Faults) {
        if let transport = kind.transport, faults.block?.contains(transport) == true {
            self = .refuse
        } else if kind.asksForUpgrade, faults.upgrade == .strip {
            self = .passWithoutUpgrade
        } else {
            self = .pass
        }
    }
}

/// A visitor, identified by the name that the page chose for itself.
public struct Visitor: Sendable, Hashable {
    public let name: String

    /// Nil unless the name consists of 8 to 64 characters of `A-Za-z0-9_-`.
    public init?(_ name: String) {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (8...64).contains(name.utf8.count) else { return nil }
        self.name = name
    }
}
