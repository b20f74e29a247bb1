// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The names of channels as subjects of NATS, where dots, stars, angle brackets and blanks mean something.
enum NATSSubject {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Letters, digits, `-`, `_` and `/` stand for themselves, any other byte for `=` and two hexadecimal digits, so that
    /// no two channels have the same subject.
    static func encode(_ channel: String) -> String {
        var subject: [UInt8] = []
        for byte in channel.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
                subject.append(byte)
            default:
                subject += [UInt8(ascii: "="), self.digits[Int(byte >> 4)], self.digits[Int(byte & 0xf)]]
            }
        }
        return String(decoding: subject, as: UTF8.self)
    }
}
