// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension EnginePacket {
    /// Decodes a WebSocket text frame. Copies nothing but base64.
    ///
    /// A client with `forceBase64` sends its binary messages as `b` + base64 in text frames; this function accepts
    /// them.
    /// - Parameter text: the whole frame, UTF-8 that the frame decoder has checked.
    /// - Throws: ``EngineIOError/parseError(_:)``.
    package static func decode(text: consuming ByteBuffer) throws(EngineIOError) -> EnginePacket {
        try decodePollingPacket(text, resumable: false)
    }

    /// Decodes one packet of a polling payload or of an SSE event's data.
    /// - Parameters:
    ///   - text: one packet, UTF-8 that ``EnginePayloadIterator`` has checked.
    ///   - resumable: whether the session is lossless, where `t` + base64 is a text message (Protocol.md, end of
    ///     section 4).
    /// - Throws: ``EngineIOError/parseError(_:)``.
    package static func decodePollingPacket(
        _ text: consuming ByteBuffer,
        resumable: Bool
    ) throws(EngineIOError) -> EnginePacket {
        guard let type: UInt8 = text.readInteger() else { throw .parseError("empty packet") }
        switch type {
        case PacketByte.message: return .text(text)
        case PacketByte.ping: return .ping(text)
        case PacketByte.pong: return .pong(text)
        case PacketByte.noop: return .noop(text)
        case PacketByte.open: return .open(text)
        case PacketByte.close: return .close(text)
        case PacketByte.upgrade: return .upgrade
        case PacketByte.base64Binary:
            return .binary(try decodeBase64(text))
        case PacketByte.base64Text where resumable:
            let bytes = try decodeBase64(text)
            guard UTF8Check.isValid(bytes) else { throw .parseError("invalid UTF-8") }
            return .text(bytes)
        default:
            throw .parseError("unknown packet type")
        }
    }

    /// Decodes the data of an event of a `text/event-stream`.
    /// - Parameter resumable: see ``decodePollingPacket(_:resumable:)``.
    /// - Throws: ``EngineIOError/parseError(_:)``, also for data that are not UTF-8.
    package static func decodeEvent(_ data: ByteBuffer, resumable: Bool) throws(EngineIOError) -> EnginePacket {
        guard UTF8Check.isValid(data) else { throw .parseError("invalid UTF-8") }
        return try self.decodePollingPacket(data, resumable: resumable)
    }

    private static func decodeBase64(_ text: ByteBuffer) throws(EngineIOError) -> ByteBuffer {
        guard let bytes = Base64.decode(text) else { throw .parseError("invalid base64") }
        return bytes
    }
}
