// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A packet on its way out: its text, with memory of its own, and the attachments that follow it.
struct EncodedPacket: Sendable {
    let text: ByteBuffer
    let attachments: [ByteBuffer]
}
