// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension EnginePacket {
    /// Appends the packet as one event of a `text/event-stream` (Protocol.md, section 3): `data: …` and a blank line.
    ///
    /// A LF becomes another `data:` line; the receiver joins the lines with LF again. The format cannot carry a CR: in
    /// a resumable session a text with a CR goes as `t` + base64; in a plain session each CR and each CRLF arrives as
    /// LF. So no text can end the event early or forge one of its fields.
    package func writeEventStream(into buffer: inout ByteBuffer, resumable: Bool) {
        buffer.writeStaticString("data: ")
        switch self {
        case .text(let text):
            if resumable, text.contains(LineByte.carriageReturn) {
                buffer.writeInteger(PacketByte.base64Text)
                Base64.encode(text, into: &buffer)
            } else {
                buffer.writeInteger(PacketByte.message)
                Self.writeLines(text, into: &buffer)
            }
        case .open(let rest), .close(let rest), .ping(let rest), .pong(let rest), .noop(let rest):
            buffer.writeInteger(typeByte)
            Self.writeLines(rest, into: &buffer)
        case .binary, .upgrade:
            writePolling(into: &buffer, resumable: resumable)
        }
        buffer.writeStaticString("\n\n")
    }

    /// Appends a comment event. Receivers ignore it; it keeps proxies from closing an idle stream.
    package static func writeEventStreamComment(into buffer: inout ByteBuffer) {
        buffer.writeStaticString(":\n\n")
    }

    private var typeByte: UInt8 {
        switch self {
        case .open: PacketByte.open
        case .close: PacketByte.close
        case .ping: PacketByte.ping
        case .pong: PacketByte.pong
        case .text: PacketByte.message
        case .binary: PacketByte.base64Binary
        case .upgrade: PacketByte.upgrade
        case .noop: PacketByte.noop
        }
    }

    /// Appends `text`, and starts a new `data:` line at each of its line ends.
    private static func writeLines(_ text: ByteBuffer, into buffer: inout ByteBuffer) {
        // Socket.IO's JSON never holds a raw line end, so the common case is one search and one copy.
        guard text.contains(LineByte.lineFeed) || text.contains(LineByte.carriageReturn) else {
            buffer.writeImmutableBuffer(text)
            return
        }
        let view = text.readableBytesView
        var start = view.startIndex
        var index = start
        while index < view.endIndex {
            let byte = view[index]
            guard byte == LineByte.lineFeed || byte == LineByte.carriageReturn else {
                index += 1
                continue
            }
            buffer.writeBytes(view[start..<index])
            buffer.writeStaticString("\ndata: ")
            index += 1
            if byte == LineByte.carriageReturn, index < view.endIndex, view[index] == LineByte.lineFeed {
                index += 1
            }
            start = index
        }
        buffer.writeBytes(view[start...])
    }
}

private enum LineByte {
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
}
