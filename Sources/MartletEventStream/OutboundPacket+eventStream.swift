// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
package import MartletEngine
package import NIOCore

extension OutboundPacket {
    /// Appends the packet as an event of an event stream.
    /// - Parameter lossless: whether the session is lossless, so that any text can be encoded.
    package func writeEventStream(into buffer: inout ByteBuffer, lossless: Bool = false) {
        let form = SharedMessage.Form(of: EventStreamTransport.self, variant: lossless ? 1 : 0)
        self.write(into: &buffer, as: form) { $0.writeEventStream(into: &$1, resumable: lossless) }
    }
}
