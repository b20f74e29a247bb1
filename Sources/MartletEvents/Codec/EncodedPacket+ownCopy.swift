// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

extension EncodedPacket {
    /// The packet in memory of its own.
    func ownCopy() -> EncodedPacket {
        var copy = EncodedPacket(
            message: self.message.ownCopy(), isBinary: self.isBinary, attachments: self.attachments)
        copy.offset = self.offset
        return copy
    }
}
