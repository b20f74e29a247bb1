// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing
import WebSocketWire

struct ContentCodingTests {
    @Test(
        arguments: [
            ([], nil), ([""], nil), (["gzip"], .gzip), (["deflate"], .deflate), (["gzip, deflate, br"], .gzip),
            (["deflate, gzip"], .gzip), (["br"], nil), (["identity"], nil), (["GZIP"], .gzip), (["x-gzip"], .gzip),
            (["*"], .gzip), (["gzip;q=0"], nil), (["gzip;q=0, deflate"], .deflate), (["gzip ; q=0.000"], nil),
            (["*;q=0"], nil), (["*, gzip;q=0"], .deflate), (["gzip;q=0.2, deflate;q=0.8"], .deflate),
            (["deflate;q=0.5", "gzip;q=0.5"], .gzip), (["br", "\tgzip"], .gzip), (["gzip;Q=0"], nil),
            (["gzip;q=x"], nil), (["gzip;q=-1"], nil), (["gzip;q=nan"], nil), (["gzip;q=7"], nil),
            (["gzip;a=b;q=0"], nil), (["gzippy"], nil), ([";q=1", ",,;"], nil),
        ] as [([String], ContentCoding?)]
    )
    func theClientsPreferenceCounts(values: [String], coding: ContentCoding?) {
        #expect(ContentCoding.preferred(by: values) == coding)
    }

    #if Compression
    @Test func aBodyBeginsAndEndsAsItsCodingDoes() throws {
        let pool = DeflatePool()
        let body = ByteBuffer(string: String(repeating: "hello ", count: 500))
        // RFC 1952, 2.3: magic number, deflate; the trailer's last four bytes are the length.
        let gzip = try #require(pool.compress(body, as: .gzip, level: 6))
        #expect(Array(buffer: gzip).prefix(3) == [0x1f, 0x8b, 8])
        #expect(gzip.getInteger(at: gzip.writerIndex - 4, endianness: .little, as: UInt32.self) == 3000)
        // RFC 1950, 2.2: the first two bytes are a multiple of 31.
        let deflate = try #require(pool.compress(body, as: .deflate, level: 6))
        #expect(deflate.getInteger(at: 0, as: UInt16.self).map { $0 % 31 } == 0)
        #expect(gzip.readableBytes < 100 && deflate.readableBytes < 100)
        #expect(pool.idleCount == 2)
        // A context is used again, and remembers nothing.
        #expect(pool.compress(body, as: .gzip, level: 6) == gzip)
        #expect(pool.idleCount == 2)
    }
    #endif
}
