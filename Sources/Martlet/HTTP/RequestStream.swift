// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A stream of an HTTP/2 connection, which carries one request and its answer. Its handlers are before the
/// ``MartletChannelHandler`` that answers.
package protocol RequestStream: AnyObject {
    /// The value of the answer's `Date`.
    var date: String { get }

    /// Makes the stream carry raw bytes from now on, as after `101 Switching Protocols`.
    /// - Returns: tells how many bytes were written and have not left.
    func carryRawBytes() throws -> () -> Int
}
