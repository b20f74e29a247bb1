// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
package import MartletEngine
package import NIOCore

extension OutboundPacket {
    /// Appends the packet as a part of a polling payload.
    /// - Parameter lossless: whether the session is lossless, so that any text can be encoded.
    package func writePolling(into buffer: inout ByteBuffer, lossless: Bool = false) {
        let form = SharedMessage.Form(of: PollingTransport.self, variant: lossless ? 1 : 0)
        self.write(into: &buffer, as: form) { $0.writePolling(into: &$1, resumable: lossless) }
    }
}
