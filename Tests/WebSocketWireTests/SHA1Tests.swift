// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WebSocketWire

@Suite struct SHA1Tests {
    /// RFC 3174, 7.3, and FIPS 180's empty message.
    @Test(arguments: [
        ("", 1, "da 39 a3 ee 5e 6b 4b 0d 32 55 bf ef 95 60 18 90 af d8 07 09"),
        ("abc", 1, "a9 99 3e 36 47 06 81 6a ba 3e 25 71 78 50 c2 6c 9c d0 d8 9d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
            "84 98 3e 44 1c 3b d2 6e ba ae 4a a1 f9 51 29 e5 e5 46 70 f1"
        ),
        (
            "0123456701234567012345670123456701234567012345670123456701234567", 10,
            "de a3 56 a2 cd dd 90 c7 a7 ec ed c5 eb b5 63 93 4f 46 04 52"
        ),
    ])
    func vectors(text: String, times: Int, digest: String) {
        #expect(SHA1.digest(Array(String(repeating: text, count: times).utf8)) == hex(digest))
    }

    @Test func everyPaddingLength() {
        // 55, 56, 63, 64 and 65 bytes are where the padding changes shape.
        let expected = [
            55: "c1 c8 bb dc 22 79 6e 28 c0 e1 51 63 d2 08 99 b6 56 21 d6 5a",
            56: "c2 db 33 0f 60 83 85 4c 99 d4 b5 bf b6 e8 f2 9f 20 1b e6 99",
            63: "03 f0 9f 5b 15 8a 7a 8c da d9 20 bd dc 29 b8 1c 18 a5 51 f5",
            64: "00 98 ba 82 4b 5c 16 42 7b d7 a1 12 2a 5a 44 2a 25 ec 64 4d",
            65: "11 65 53 26 c7 08 d7 03 19 be 26 10 e8 a5 7d 9a 5b 95 9d 3b",
        ]
        for (count, digest) in expected {
            #expect(SHA1.digest([UInt8](repeating: 97, count: count)) == hex(digest), "\(count)")
        }
    }
}
