// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The fields of the open packet, `0{…}`. The server sends it after a handshake, and in a lossless session after every
/// attach.
package struct EngineOpen: Equatable, Sendable {
    /// The terms that the server grants to a lossless session (Protocol.md, section 4).
    package struct Resume: Equatable, Sendable {
        /// How long the server keeps a session that has no transport, in milliseconds.
        package var timeout: Int
        /// How many bytes may be sent without an acknowledgement.
        package var buffer: Int

        package init(timeout: Int, buffer: Int) {
            self.timeout = timeout
            self.buffer = buffer
        }
    }

    /// The session's secret identifier.
    package var sid: String
    /// The transports that the client may move to.
    package var upgrades: [String]
    /// Milliseconds between two pings.
    package var pingInterval: Int
    /// How many milliseconds a pong may take.
    package var pingTimeout: Int
    /// The largest message or POST body, in bytes; 0: the server does not say, as those before Socket.IO 4.5.
    package var maxPayload: Int
    /// Present when the session is lossless.
    package var resume: Resume?
    /// After an attach: the number of the last message that the server has received.
    package var ack: Int?
    /// In a lossless session: the number of the message before the stream's first one.
    package var from: Int?

    package init(
        sid: String,
        upgrades: [String],
        pingInterval: Int,
        pingTimeout: Int,
        maxPayload: Int,
        resume: Resume? = nil,
        ack: Int? = nil,
        from: Int? = nil
    ) {
        self.sid = sid
        self.upgrades = upgrades
        self.pingInterval = pingInterval
        self.pingTimeout = pingTimeout
        self.maxPayload = maxPayload
        self.resume = resume
        self.ack = ack
        self.from = from
    }
}

extension EngineOpen {
    /// Appends the JSON object without a packet type before it: the reference server's fields in its order, then
    /// Martlet's.
    package func writeJSON(into buffer: inout ByteBuffer) {
        buffer.writeParts(expecting: Self.usualSize) { parts in
            parts.put("{\"sid\":")
            parts.putJSON(sid)
            parts.put(",\"upgrades\":[")
            for (index, upgrade) in upgrades.enumerated() {
                if index > 0 { parts.put(",") }
                parts.putJSON(upgrade)
            }
            parts.put("],\"pingInterval\":")
            parts.put(pingInterval)
            parts.put(",\"pingTimeout\":")
            parts.put(pingTimeout)
            parts.put(",\"maxPayload\":")
            parts.put(maxPayload)
            if let resume {
                parts.put(",\"resume\":{\"timeout\":")
                parts.put(resume.timeout)
                parts.put(",\"buffer\":")
                parts.put(resume.buffer)
                parts.put("}")
            }
            if let ack {
                parts.put(",\"ack\":")
                parts.put(ack)
            }
            if let from {
                parts.put(",\"from\":")
                parts.put(from)
            }
            parts.put("}")
        }
    }

    /// Larger than most open packets, in bytes.
    private static let usualSize = 256

    /// The open packet that carries these fields.
    package var packet: EnginePacket {
        var buffer = ByteBuffer()
        writeJSON(into: &buffer)
        return .open(buffer)
    }
}
