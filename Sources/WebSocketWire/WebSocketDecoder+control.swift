// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension WebSocketDecoder {
    /// Reads a control frame, once it is complete.
    mutating func readControl(into scratch: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent? {
        guard let frame, received.readableBytes >= frame.remaining else { return nil }
        self.frame = nil
        let payload = takeWholePayload(frame, into: &scratch)
        return switch frame.opcode {
        case .ping: .ping(payload)
        case .pong: .pong(payload)
        default: try Self.closeEvent(payload)
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
