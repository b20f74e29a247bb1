// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletShared

extension Parser {
    /// MessagePack: each packet is one binary message, with the packet's binary data within it.
    ///
    /// For clients with the same parser: `socket.io-msgpack-parser` 3 in JavaScript, `serializer="msgpack"` in Python.
    /// `ByteBuffer` and `[UInt8]` are binary data wherever they stand in a value, and all floating-point numbers can be
    /// sent. Types that encode themselves through `Codable` get the form that they choose: Foundation's `Date` is a
    /// number of seconds since 2001.
    public static let messagePack = Parser { _ in MessagePackPacketCodec() }
}
