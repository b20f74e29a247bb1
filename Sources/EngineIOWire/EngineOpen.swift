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
        buffer.writeStaticString("{\"sid\":")
        buffer.writeJSONText(sid)
        buffer.writeStaticString(",\"upgrades\":[")
        for (index, upgrade) in upgrades.enumerated() {
            if index > 0 { buffer.writeStaticString(",") }
            buffer.writeJSONText(upgrade)
        }
        buffer.writeStaticString("],\"pingInterval\":")
        buffer.writeDecimal(pingInterval)
        buffer.writeStaticString(",\"pingTimeout\":")
        buffer.writeDecimal(pingTimeout)
        buffer.writeStaticString(",\"maxPayload\":")
        buffer.writeDecimal(maxPayload)
        if let resume {
            buffer.writeStaticString(",\"resume\":{\"timeout\":")
            buffer.writeDecimal(resume.timeout)
            buffer.writeStaticString(",\"buffer\":")
            buffer.writeDecimal(resume.buffer)
            buffer.writeStaticString("}")
        }
        if let ack {
            buffer.writeStaticString(",\"ack\":")
            buffer.writeDecimal(ack)
        }
        if let from {
            buffer.writeStaticString(",\"from\":")
            buffer.writeDecimal(from)
        }
        buffer.writeStaticString("}")
    }

    /// The open packet that carries these fields.
    package var packet: EnginePacket {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(256)
        writeJSON(into: &buffer)
        return .open(buffer)
    }
}

extension ByteBuffer {
    /// Appends a JSON string: quotes, backslashes and control characters escaped, all else as it is.
    mutating func writeJSONText(_ text: String) {
        writeInteger(UInt8(ascii: "\""))
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
            writeString(text)
            writeInteger(UInt8(ascii: "\""))
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): writeStaticString("\\\"")
            case UInt8(ascii: "\\"): writeStaticString("\\\\")
            case 0..<0x20:
                let digits: StaticString = "0123456789abcdef"
                writeStaticString("\\u00")
                writeInteger(digits.utf8Start[Int(byte >> 4)])
                writeInteger(digits.utf8Start[Int(byte & 0x0f)])
            default: writeInteger(byte)
            }
        }
        writeInteger(UInt8(ascii: "\""))
    }
}
