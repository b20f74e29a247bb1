// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import SocketIOWire

/// The map of a packet up to its data, which stands last.
enum MessagePackPacketHead {
    static func write(
        _ type: SocketPacketType,
        of namespace: String,
        ackID: Int? = nil,
        hasData: Bool = true,
        into buffer: inout ByteBuffer
    ) {
        let count = 2 + (ackID == nil ? 0 : 1) + (hasData ? 1 : 0)
        buffer.writeMessagePack { MessagePackOutput.writeHead(ofMap: count, to: $0) }
        buffer.writeBytes(Self.type)
        buffer.writeByte(type.rawValue)
        buffer.writeBytes(Self.namespace)
        buffer.writeMessagePack(string: namespace)
        if let ackID {
            buffer.writeBytes(Self.id)
            buffer.writeMessagePack { MessagePackOutput.write(integer: ackID, to: $0) }
        }
        if hasData { buffer.writeBytes(Self.data) }
    }

    private static let type: [UInt8] = [0xA4] + "type".utf8
    private static let namespace: [UInt8] = [0xA3] + "nsp".utf8
    private static let id: [UInt8] = [0xA2] + "id".utf8
    private static let data: [UInt8] = [0xA4] + "data".utf8
}
