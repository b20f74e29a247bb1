// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared

/// An event that waits until its socket is connected.
struct UnsentEvent {
    let packet: EncodedPacket
    let name: String
    /// The id under which its answer is awaited.
    let ackID: Int?
}
