// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import WebSocketWire

extension Benchmark {
    static let webSocket = [
        Benchmark("frame-encode-64") { try encodeFrame(64, $0) },
        Benchmark("frame-encode-16k") { try encodeFrame(16 << 10, $0) },
        Benchmark("frame-decode-64") { try decodeFrame(64, $0) },
        Benchmark("frame-decode-16k") { try decodeFrame(16 << 10, $0) },
        Benchmark("unmask-16k") { unmask(16 << 10, $0) },
        Benchmark("utf8-check-ascii-16k") { try checkUTF8(Sample.text(16 << 10), $0) },
        Benchmark("utf8-check-mixed-16k") { try checkUTF8(Sample.mixedText(16 << 10), $0) },
        Benchmark("deflate-json-1k", iterations: 100) { try deflate(Sample.json(1 << 10), $0) },
        Benchmark("inflate-json-1k", iterations: 100) { try inflate(Sample.json(1 << 10), $0) },
    ]

    private static let mask = WebSocketMask(key: 0x3d21_fa37)
    private static let compression = PerMessageDeflateParameters(
        serverNoContextTakeover: true, clientNoContextTakeover: true
    )

    private static func encodeFrame(_ size: Int, _ iterations: Int) throws {
        let payload = Sample.text(size)
        var output = ByteBuffer()
        for _ in 0..<iterations {
            output.clear()
            WebSocketFrame.write(opcode: .text, payload: payload, into: &output)
            use(output)
        }
        guard iterations == 0 || output.readableBytes > size else { throw Unexpected("no frame") }
    }

    private static func decodeFrame(_ size: Int, _ iterations: Int) throws {
        var frame = ByteBuffer()
        WebSocketFrame.write(opcode: .text, payload: Sample.text(size), mask: mask, into: &frame)
        var decoder = WebSocketDecoder(role: .server)
        var scratch = ByteBuffer()
        for _ in 0..<iterations {
            decoder.feed(frame)
            guard case .text(let text)? = try decoder.next(into: &scratch), text.readableBytes == size else {
                throw Unexpected("no message")
            }
            use(text)
            guard try decoder.next(into: &scratch) == nil else { throw Unexpected("a second message") }
        }
    }

    private static func unmask(_ size: Int, _ iterations: Int) {
        let payload = Sample.text(size)
        var output = ByteBuffer()
        for _ in 0..<iterations {
            var mask = mask
            output.clear()
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { space in
                guard let destination = space.baseAddress else { return 0 }
                _ = payload.withUnsafeReadableBytes { mask.copy($0, to: destination) }
                return size
            }
            use(output)
        }
    }

    private static func checkUTF8(_ text: ByteBuffer, _ iterations: Int) throws {
        for _ in 0..<iterations {
            guard text.withUnsafeReadableBytes(UTF8Validator.isValid) else { throw Unexpected("invalid text") }
        }
    }

    private static func deflate(_ message: ByteBuffer, _ iterations: Int) throws {
        let deflater = Deflater(
            parameters: compression, configuration: PerMessageDeflateConfiguration(), role: .server, pool: DeflatePool()
        )
        var output = ByteBuffer()
        for _ in 0..<iterations {
            output.clear()
            try message.withUnsafeReadableBytes { try deflater.compress($0, into: &output) }
            use(output)
        }
    }

    private static func inflate(_ message: ByteBuffer, _ iterations: Int) throws {
        let pool = DeflatePool()
        let deflater = Deflater(
            parameters: compression, configuration: PerMessageDeflateConfiguration(), role: .client, pool: pool
        )
        var compressed = ByteBuffer()
        try message.withUnsafeReadableBytes { try deflater.compress($0, into: &compressed) }
        let inflater = Inflater(parameters: compression, role: .server, pool: pool)
        var output = ByteBuffer()
        for _ in 0..<iterations {
            output.clear()
            try compressed.withUnsafeReadableBytes { try inflater.inflate($0, into: &output, limit: 1 << 20) }
            try inflater.finishMessage(into: &output, limit: 1 << 20)
            guard output.readableBytes == message.readableBytes else { throw Unexpected("another message") }
        }
    }
}
