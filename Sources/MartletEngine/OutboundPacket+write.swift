// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
package import NIOCore

extension SharedMessage.Form {
    static let polling = Self(index: 0)
    static let eventStream = Self(index: 1)
    static let losslessPolling = Self(index: 10)
    static let losslessEventStream = Self(index: 11)
}

/// The forms that transports of HTTP requests give a packet.
extension OutboundPacket {
    /// Appends the packet as a part of a polling payload.
    /// - Parameter lossless: whether it is of a lossless session, in which any text has a form.
    package func writePolling(into buffer: inout ByteBuffer, lossless: Bool = false) {
        switch self {
        case .text(let text): EnginePacket.text(text).writePolling(into: &buffer, resumable: lossless)
        case .binary(let bytes): EnginePacket.binary(bytes).writePolling(into: &buffer, resumable: lossless)
        case .control(let packet): packet.writePolling(into: &buffer, resumable: lossless)
        case .shared(let message):
            let form = message.encoded(as: lossless ? .losslessPolling : .polling) { message in
                var encoded = ByteBuffer()
                message.packet.writePolling(into: &encoded, resumable: lossless)
                return encoded
            }
            buffer.writeImmutableBuffer(form)
        }
    }

    /// Appends the packet as an event of an event stream.
    /// - Parameter lossless: whether it is of a lossless session, in which any text has a form.
    package func writeEventStream(into buffer: inout ByteBuffer, lossless: Bool = false) {
        switch self {
        case .text(let text): EnginePacket.text(text).writeEventStream(into: &buffer, resumable: lossless)
        case .binary(let bytes): EnginePacket.binary(bytes).writeEventStream(into: &buffer, resumable: lossless)
        case .control(let packet): packet.writeEventStream(into: &buffer, resumable: lossless)
        case .shared(let message):
            let form = message.encoded(as: lossless ? .losslessEventStream : .eventStream) { message in
                var encoded = ByteBuffer()
                message.packet.writeEventStream(into: &encoded, resumable: lossless)
                return encoded
            }
            buffer.writeImmutableBuffer(form)
        }
    }
}

extension SharedMessage {
    fileprivate var packet: EnginePacket {
        self.isBinary ? .binary(self.payload) : .text(self.payload)
    }
}
