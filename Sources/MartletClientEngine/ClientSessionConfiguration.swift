// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
package import NIOCore
package import NIOSSL

/// The settings of a session. The times are those of the JavaScript client.
package struct ClientSessionConfiguration: Sendable {
    /// The transports that may be used, the best first.
    package var transports: [TransportName] = [.websocket, .sse, .polling]
    /// The one to try first, since it has worked before; `nil`: the best.
    package var firstTransport: TransportName?
    /// Whether to ask for a lossless session. A server that does not know it grants a plain one.
    package var wantsLossless = true
    /// Whether to try from time to time whether a better transport works by now.
    package var climbs = true

    /// How long opening the session may take, whatever is tried.
    package var openTimeout = TimeAmount.seconds(20)
    /// How long one transport may take to open; polling three times that, since an answer counts when it is complete.
    package var transportTimeout = TimeAmount.seconds(4)
    /// Between two rounds of attempts to get a lossless session back.
    package var retryDelays = DelayRange(first: .seconds(1), longest: .seconds(5))
    /// Between two attempts to use a better transport.
    package var climbDelays = DelayRange(first: .seconds(5), longest: .seconds(300))
    /// How far a delay may be off at random, as a part of it.
    package var spread = 0.5

    /// How many bytes that the server has not acknowledged may be kept, sent or not. More is not taken.
    package var maxUnsentBytes = 16 << 20
    /// The largest message that is taken from the server, and the largest answer to a request.
    package var maxMessageBytes = 16 << 20
    /// Whether to offer the compression of messages on WebSockets (RFC 7692).
    package var compresses = true

    /// Header fields for every request.
    package var headers: [(name: String, value: String)] = []
    /// What is trusted, and with which certificate the client shows who it is; `nil`: the system's roots, and none.
    package var tls: TLSConfiguration?

    package init() {}
}

extension ClientSessionConfiguration {
    /// Fields that frame a message or a connection, which are the client's own.
    private static let ownFields: Set<String> = [
        "connection", "content-length", "content-type", "sec-websocket-extensions", "sec-websocket-key",
        "sec-websocket-version", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// What is wrong with ``headers``: with such a field a request could become two (RFC 9110, 5.5 and 5.6.2).
    var headerFault: ClientError? {
        for (name, value) in self.headers {
            let isToken = !name.isEmpty && name.utf8.allSatisfy { 0x21...0x7e ~= $0 && $0 != UInt8(ascii: ":") }
            guard isToken, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }) else {
                return ClientError(
                    .unavailable, "a header field has a character that cannot be in one: \(name.debugDescription)")
            }
            guard !Self.ownFields.contains(name.lowercased()) else {
                return ClientError(.unavailable, "the header field \(name) is the client's own: leave it out")
            }
        }
        return nil
    }
}

/// Delays that double from attempt to attempt.
package struct DelayRange: Sendable, Hashable {
    package var first: TimeAmount
    package var longest: TimeAmount

    package init(first: TimeAmount, longest: TimeAmount) {
        self.first = first
        self.longest = longest
    }
}
