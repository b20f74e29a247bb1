// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What the open packet carries, `0{…}`: on a handshake, and in a lossless session on every attach.
package struct EngineOpen: Equatable, Sendable {
    /// What a lossless session grants (Protocol.md, section 4).
    package struct Resume: Equatable, Sendable {
        /// How long the server keeps a session that has no transport, in milliseconds.
        package var timeout: Int
        /// The window of unacknowledged bytes.
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
    /// Milliseconds that a pong may take.
    package var pingTimeout: Int
    /// The largest message or POST body, in bytes.
    package var maxPayload: Int
    /// Present when the session is lossless.
    package var resume: Resume?
    /// In answer to an attach: the number of the last message that the server has received.
    package var ack: Int?
    /// In a lossless session: the stream's first message has the number after this.
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
    /// Appends the JSON object, its fields in the reference's order, ours after them; no packet type before it.
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

    /// More than most have.
    private static let usualSize = 256

    /// The open packet that carries these fields.
    package var packet: EnginePacket {
        var buffer = ByteBuffer()
        writeJSON(into: &buffer)
        return .open(buffer)
    }
}
