// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletTestSupport
import NIOCore
import Testing

@Suite struct EnginePacketEventStreamTests {
    private func write(_ packet: EnginePacket, resumable: Bool) -> String {
        var buffer = ByteBuffer()
        packet.writeEventStream(into: &buffer, resumable: resumable)
        return buffer.text
    }

    /// Reads a stream as the HTML standard says: CR, LF and CRLF end a line, a blank one ends an event.
    private func events(of stream: String) -> [String] {
        var events: [String] = []
        var data: [String] = []
        let scalars = stream.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        for line in scalars.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.isEmpty {
                if !data.isEmpty { events.append(data.joined(separator: "\n")) }
                data = []
            } else if line.hasPrefix("data: ") {
                data.append(String(line.dropFirst(6)))
            } else if !line.hasPrefix(":") {
                events.append("a field that is not ours: \(line)")
            }
        }
        return events
    }

    @Test func anyTextArrivesAsOneEvent() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<3000 {
            let text = String(
                (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in
                    "a:\n\r b{\u{1e}é".unicodeScalars.randomElement(using: &random).map(Character.init)
                })
            let received = events(of: write(.text(ByteBuffer(text)), resumable: true))
            try #require(received.count == 1)
            #expect(
                try EnginePacket.decodePollingPacket(ByteBuffer(received[0]), resumable: true)
                    == .text(ByteBuffer(text)))
        }
    }

    @Test func inAPlainSessionACarriageReturnArrivesAsALineFeedAndForgesNothing() {
        #expect(write(.text(ByteBuffer("a\r\nb\rc\n")), resumable: false) == "data: 4a\ndata: b\ndata: c\ndata: \n\n")
        #expect(events(of: write(.text(ByteBuffer("a\r\revent: x")), resumable: false)) == ["4a\n\nevent: x"])
        #expect(events(of: write(.noop(ByteBuffer("\n\nevent: x")), resumable: true)) == ["6\n\nevent: x"])
    }

    @Test func aCommentIsNoEvent() {
        var buffer = ByteBuffer()
        EnginePacket.writeEventStreamComment(into: &buffer)
        #expect(buffer.text == ":\n\n")
        #expect(events(of: buffer.text).isEmpty)
    }
}
