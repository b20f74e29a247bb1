// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOHTTP1

/// What the proxy has to know of a request: whose it is, and which transport it belongs to.
package struct RequestKind: Equatable {
    package private(set) var visitor: Visitor?
    package private(set) var transport: Faults.Transport?
    /// A decoder that has seen such a request reads no other, unless it becomes a tunnel.
    package let asksForUpgrade: Bool

    /// Of what is no HTTP: nothing is read after that, either.
    static let malformed = RequestKind(asksForUpgrade: true)

    private init(asksForUpgrade: Bool) {
        self.asksForUpgrade = asksForUpgrade
    }

    /// Only requests to the real-time server have a visitor; the page and its files always come through.
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

/// What becomes of a request.
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

/// The name that a page gave itself.
public struct Visitor: Sendable, Hashable {
    public let name: String

    /// Nil unless it consists of 8 to 64 of `A-Za-z0-9_-`.
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
