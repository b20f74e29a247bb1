// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
package import WebSocketWire

/// A frame as `sender` writes it; a client masks with a fixed key.
package func frame(
    _ opcode: WebSocketOpcode,
    _ payload: [UInt8] = [],
    fin: Bool = true,
    rsv1: Bool = false,
    from sender: WebSocketRole = .client,
    key: UInt32 = 0x3d21_fa37
) -> [UInt8] {
    var buffer = ByteBuffer()
    WebSocketFrame.write(
        opcode: opcode,
        fin: fin,
        rsv1: rsv1,
        payload: ByteBuffer(bytes: payload),
        mask: sender == .client ? WebSocketMask(key: key) : nil,
        into: &buffer
    )
    return Array(buffer: buffer)
}

package func frame(_ opcode: WebSocketOpcode, _ text: String, fin: Bool = true) -> [UInt8] {
    frame(opcode, Array(text.utf8), fin: fin)
}
