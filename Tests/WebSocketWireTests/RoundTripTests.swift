// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// What one side writes is what the other reads, whatever the fragments, the masks, the compression and the cuts.
@Suite struct RoundTripTests {
    struct Setting: Sendable, CustomTestStringConvertible {
        var sender: WebSocketRole
        var deflate: PerMessageDeflateParameters?
        var seed: UInt64
        var testDescription: String { "\(sender), \(deflate?.headerValue ?? "no deflate"), seed \(seed)" }
    }

    static let settings: [Setting] = {
        var settings: [Setting] = []
        for sender in [WebSocketRole.client, .server] {
            for seed in 0..<20 { settings.append(Setting(sender: sender, seed: UInt64(seed))) }
            for bits in 9...15 {
                for noTakeover in [false, true] {
                    let deflate = PerMessageDeflateParameters(
                        serverNoContextTakeover: noTakeover, clientNoContextTakeover: noTakeover,
                        serverMaxWindowBits: bits, clientMaxWindowBits: bits)
                    settings.append(Setting(sender: sender, deflate: deflate, seed: UInt64(100 + bits)))
                }
            }
        }
        return settings
    }()

    @Test(arguments: settings)
    func framesOutAreMessagesIn(setting: Setting) throws {
        var generator = SeededGenerator(seed: setting.seed)
        var writer = Writer(setting: setting, generator: generator)
        var expected: [WebSocketEvent] = []
        for _ in 0..<20 { expected += try writer.writeMessage() }

        let bytes = Array(buffer: writer.output)
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let size = [1, 2, 7, 100, 1500, 65_536].randomElement(using: &generator) ?? 1
            let end = min(bytes.count, start + Int.random(in: 1...size, using: &generator))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        let receiver: WebSocketRole = setting.sender == .server ? .client : .server
        #expect(Decoded([bytes], role: receiver, deflate: setting.deflate) == Decoded(events: expected))
        #expect(Decoded(pieces, role: receiver, deflate: setting.deflate) == Decoded(events: expected))
    }

    /// Writes random messages in random fragments, with control frames between them.
    struct Writer {
        let setting: Setting
        var generator: SeededGenerator
        var output = ByteBuffer()
        private let deflater: Deflater?

        init(setting: Setting, generator: SeededGenerator) {
            self.setting = setting
            self.generator = generator
            deflater = setting.deflate.map {
                Deflater(parameters: $0, configuration: .init(), role: setting.sender, pool: DeflatePool())
            }
        }

        mutating func writeMessage() throws -> [WebSocketEvent] {
            let isText = Bool.random(using: &generator)
            let size = [0, 1, 20, 126, 1000, 20_000].randomElement(using: &generator) ?? 0
            let length = Int.random(in: 0...size, using: &generator)
            let message = isText ? Array(generator.text(length).utf8) : generator.bytes(length)

            var payload = ByteBuffer(bytes: message)
            var isCompressed = false
            if let deflater, Int.random(in: 0..<4, using: &generator) > 0 {
                payload.clear()
                try message.withUnsafeBytes { try deflater.compress($0, into: &payload) }
                isCompressed = true
            }
            if Int.random(in: 0..<8, using: &generator) == 0 { deflater?.releaseContext() }

            var events: [WebSocketEvent] = []
            var opcode: WebSocketOpcode = isText ? .text : .binary
            var isLast = false
            while !isLast {
                let size = Int.random(in: 0...payload.readableBytes, using: &generator)
                let piece = Bool.random(using: &generator) ? payload.readSlice(length: size) : nil
                let slice = piece ?? payload.readSlice(length: payload.readableBytes) ?? ByteBuffer()
                isLast = payload.readableBytes == 0
                write(opcode, fin: isLast, rsv1: isCompressed && opcode != .continuation, slice)
                opcode = .continuation
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    let ping = ByteBuffer(bytes: generator.bytes(Int.random(in: 0...125, using: &generator)))
                    write(.ping, ping)
                    // The message itself comes out at its last frame, before a ping behind it.
                    events.append(.ping(ping))
                    if isLast { events.insert(Self.event(isText, message), at: events.count - 1) }
                } else if isLast {
                    events.append(Self.event(isText, message))
                }
            }
            return events
        }

        private static func event(_ isText: Bool, _ message: [UInt8]) -> WebSocketEvent {
            isText ? .text(ByteBuffer(bytes: message)) : .binary(message)
        }

        private mutating func write(
            _ opcode: WebSocketOpcode, fin: Bool = true, rsv1: Bool = false, _ payload: ByteBuffer
        ) {
            let key = UInt32.random(in: 0...UInt32.max, using: &generator)
            let mask = setting.sender == .client ? WebSocketMask(key: key) : nil
            WebSocketFrame.write(opcode: opcode, fin: fin, rsv1: rsv1, payload: payload, mask: mask, into: &output)
        }
    }

    @Test(arguments: 0..<60)
    func randomBytesNeverTrap(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var bytes: [UInt8] = []
        for _ in 0..<8 {
            let opcode = [WebSocketOpcode.text, .binary, .continuation, .ping, .close].randomElement(using: &generator)
            let payload = generator.bytes(Int.random(in: 0...40, using: &generator))
            bytes += frame(
                opcode ?? .text, payload, fin: Bool.random(using: &generator), rsv1: Bool.random(using: &generator))
            if Int.random(in: 0..<3, using: &generator) == 0 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
        }
        for deflate in [nil, PerMessageDeflateParameters(), .init(clientNoContextTakeover: true)] {
            decodeEverySplit(bytes, deflate: deflate)
        }
    }
}
