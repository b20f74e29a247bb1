// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import NIOCore
import NIOEmbedded
import Testing

@testable import MartletEngine

struct MessageLogTests {
    private func text(_ packet: OutboundPacket?) -> String? {
        switch packet {
        case .text(let text): "text " + String(buffer: text)
        case .binary(let bytes): "binary " + String(buffer: bytes)
        case .shared(let message): "shared " + String(buffer: message.payload)
        case .control, nil: nil
        }
    }

    private func filled() -> MessageLog {
        var log = MessageLog()
        log.append(.text("a"))
        log.append(.binary("bb"))
        log.append(
            .shared(SharedMessage(payload: "ccc", isBinary: false, on: LoopContext(eventLoop: EmbeddedEventLoop()))))
        log.append(.text(""))
        log.append(.text("eeeee"))
        return log
    }

    private let all = ["text a", "binary bb", "shared ccc", "text ", "text eeeee"]

    private func rest(of log: inout MessageLog) -> [String] {
        var texts: [String] = []
        while let text = self.text(log.writeNext()) { texts.append(text) }
        return texts
    }

    @Test func whatWasAddedIsWrittenInOrder() {
        var log = self.filled()
        #expect(log.count == 5)
        #expect(log.byteCount == 11)
        #expect(log.unwrittenBytes == 11)
        #expect(self.rest(of: &log) == self.all)
        #expect(!log.hasUnwritten)
        #expect(log.unwrittenBytes == 0)
        #expect(log.writtenBytes == 11)
    }

    @Test func aMessageDoesNotChangeWithTheMemoryItCameFrom() {
        var log = MessageLog()
        var memory = ByteBuffer(string: "hello")
        log.append(.text(memory))
        memory.setString("!!!!!", at: 0)
        #expect(self.rest(of: &log) == ["text hello"])
    }

    @Test func controlPacketsAreNotKept() {
        var log = MessageLog()
        log.append(.control(.noop("")))
        #expect(log.count == 0)
        #expect(log.byteCount == 0)
    }

    /// Every point up to which it can be written, forgotten and written again.
    @Test(arguments: 0...5, 0...5)
    func whatIsForgottenIsGoneAndTheRestIsWritten(written: Int, forgotten: Int) {
        var log = self.filled()
        for _ in 0..<written { _ = log.writeNext() }
        log.removeFirst(forgotten)
        #expect(log.count == 5 - forgotten)
        #expect(log.writtenCount == max(0, written - forgotten))
        var again = log
        #expect(self.rest(of: &log) == Array(self.all.dropFirst(max(written, forgotten))))
        again.rewind()
        #expect(again.writtenBytes == 0)
        #expect(self.rest(of: &again) == Array(self.all.dropFirst(forgotten)))
    }

    @Test func memoryIsUsedAgain() {
        var log = MessageLog()
        for number in 0..<10_000 {
            log.append(.text(ByteBuffer(string: "message \(number)")))
            let written = self.text(log.writeNext())
            #expect(written == "text message \(number)")
            if number > 10 { log.removeFirst(1) }
        }
        #expect(log.count == 11)
        #expect(log.byteCount == 11 * 12)
    }
}
