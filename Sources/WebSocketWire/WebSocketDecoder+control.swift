// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension WebSocketDecoder {
    /// Reads the received part of a control frame.
    /// - Returns: The frame's event, when the frame is complete.
    mutating func readControl(into scratch: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent? {
        guard var frame else { return nil }
        if control.readableBytes == 0, received.readableBytes >= frame.remaining {
            self.frame = nil
            return try Self.controlEvent(frame.opcode, takeWholePayload(frame, into: &scratch))
        }
        let count = min(frame.remaining, received.readableBytes)
        var payload = exchange(&control, with: ByteBuffer())
        copyPayload(count, mask: &frame.mask, to: &payload)
        frame.remaining -= count
        guard frame.remaining == 0 else {
            self.frame = frame
            control = payload
            return nil
        }
        self.frame = nil
        return try Self.controlEvent(frame.opcode, payload)
    }

    private static func controlEvent(
        _ opcode: WebSocketOpcode, _ payload: ByteBuffer
    ) throws(WebSocketError) -> WebSocketEvent {
        switch opcode {
        case .ping: .ping(payload)
        case .pong: .pong(payload)
        default: try closeEvent(payload)
        }
    }

    /// A close frame's payload is empty, or a code and a reason in UTF-8 (RFC 6455, 5.5.1).
    private static func closeEvent(_ payload: ByteBuffer) throws(WebSocketError) -> WebSocketEvent {
        var rest = payload
        guard rest.readableBytes > 0 else { return .close(nil, reason: "") }
        guard let code = rest.readInteger(as: UInt16.self).map(WebSocketCloseCode.init(rawValue:)) else {
            throw .violation("close payload of one byte")
        }
        guard code.isValidOnWire else { throw .violation("invalid close code") }
        guard UTF8Validator.isValid(rest.readableBytesView) else { throw .invalidUTF8 }
        return .close(code, reason: String(buffer: rest))
    }
}
