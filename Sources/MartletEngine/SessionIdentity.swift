// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Whose a session is; see ``EngineIOConfiguration/sessionIdentity``.
package enum SessionIdentity {
    /// Whether two requests are made by the same. How long that takes depends on the lengths only: an identity may be a
    /// secret, such as the value of a cookie.
    package static func isSame(_ one: String?, _ other: String?) -> Bool {
        switch (one, other) {
        case (nil, nil): true
        case (let one?, let other?): self.isEqual(one, other)
        default: false
        }
    }

    private static func isEqual(_ one: String, _ other: String) -> Bool {
        var (one, other) = (one, other)
        return one.withUTF8 { one in
            other.withUTF8 { other in
                guard one.count == other.count else { return false }
                var difference: UInt8 = 0
                for index in 0..<one.count { difference |= one[index] ^ other[index] }
                return difference == 0
            }
        }
    }
}

extension Session {
    /// Whether a request for the session is made by who opened it.
    package func belongs(to identity: String?) -> Bool { SessionIdentity.isSame(self.request.identity, identity) }
}
