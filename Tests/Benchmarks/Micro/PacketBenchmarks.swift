// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import NIOCore
import SocketIOWire

extension Benchmark {
    static let packets = [
        Benchmark("packet-scan-64") { try scanPacket(Sample.text(64), quoted: true, $0) },
        Benchmark("packet-scan-json-1k") { try scanPacket(Sample.json(1 << 10), quoted: false, $0) },
        Benchmark("event-encode-64") { encodeEvent(Sample.text(64), $0) },
        Benchmark("polling-payload-decode") { try decodePayload($0) },
    ]

    private static func scanPacket(_ argument: ByteBuffer, quoted: Bool, _ iterations: Int) throws {
        let quote = quoted ? "\"" : ""
        let text = ByteBuffer(string: "42[\"echo\",\(quote)\(String(buffer: argument))\(quote)]")
        var decoder = SocketPacketDecoder()
        let packet = SocketPacket()
        for _ in 0..<iterations {
            guard case .text(let message) = try EnginePacket.decode(text: text),
                try decoder.text(message, into: packet), packet.argument(0) != nil
            else { throw Unexpected("no event") }
            use(packet)
            packet.clear()
        }
    }

    private static func encodeEvent(_ text: ByteBuffer, _ iterations: Int) {
        let argument = ByteBuffer(string: "\"\(String(buffer: text))\"")
        var output = ByteBuffer()
        for _ in 0..<iterations {
            output.clear()
            SocketPacketWriter.writeEvent(
                "echo", arguments: CollectionOfOne(argument), namespace: "/admin", ackID: 12, into: &output
            )
            use(output)
        }
    }

    /// Sixteen messages in the body of one POST.
    private static func decodePayload(_ iterations: Int) throws {
        let packets = Array(repeating: "42[\"echo\",\"\(String(buffer: Sample.text(64)))\"]", count: 16)
        let body = ByteBuffer(string: packets.joined(separator: "\u{1e}"))
        for _ in 0..<iterations {
            var payload = try EnginePayloadIterator(body, resumable: false)
            var count = 0
            while let packet = try payload.next() {
                use(packet)
                count += 1
            }
            guard count == packets.count else { throw Unexpected("\(count) packets") }
        }
    }
}
