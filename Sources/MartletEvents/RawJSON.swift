// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import SocketIOWire

/// How undecoded arguments pass through our coder when they stand within other values.
struct RawJSON: RawJSONConvertible {
    let json: ByteBuffer
    let attachments: [ByteBuffer]

    init(json: ByteBuffer, attachments: [ByteBuffer]) {
        // The text may lie in memory that is used again.
        self.json = ByteBuffer(bytes: json.readableBytesView)
        self.attachments = attachments
    }

    func write(into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) {
        SocketPacketWriter.rewritePlaceholders(
            self.json,
            attachmentCount: self.attachments.count,
            offset: attachments.count,
            into: &buffer
        )
        attachments += self.attachments
    }
}
