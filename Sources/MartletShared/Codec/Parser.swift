// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The form of packets on the wire. A server has one parser, and its clients must use the same.
public struct Parser: Sendable {
    package let makeCodec: @Sendable (CodecSettings) -> any PacketCodec

    package init(_ makeCodec: @escaping @Sendable (CodecSettings) -> any PacketCodec) {
        self.makeCodec = makeCodec
    }

    /// JSON texts, and a binary message for each attachment: what all clients of Socket.IO's protocol 5 use by default.
    public static let json = Parser { JSONPacketCodec($0) }
}
