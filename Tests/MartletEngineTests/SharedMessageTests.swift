// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOCore
import NIOEmbedded
import Testing

struct SharedMessageTests {
    private enum OneWriter {}
    private enum OtherWriter {}

    private static let forms: [SharedMessage.Form] = [
        .init(of: OneWriter.self), .init(of: OneWriter.self, variant: 1), .init(of: OtherWriter.self),
    ]

    private let eventLoop = EmbeddedEventLoop()

    private func message(_ payload: String) -> SharedMessage {
        SharedMessage(
            payload: ByteBuffer(string: payload),
            isBinary: false,
            on: LoopContext(eventLoop: self.eventLoop)
        )
    }

    @Test func eachFormIsEncodedOnceATurn() {
        let message = self.message("hello")
        var calls: [Int] = []
        func encoded(_ index: Int) -> String {
            String(
                buffer: message.encoded(as: Self.forms[index]) { message, buffer in
                    calls.append(index)
                    buffer.writeString("\(index):\(String(buffer: message.payload))")
                }
            )
        }
        for turn in 1...2 {
            for _ in 0..<3 {
                for index in [2, 0, 1] { #expect(encoded(index) == "\(index):hello") }
            }
            #expect(calls.count == 3 * turn)
            self.eventLoop.run()
        }
        #expect(calls == [2, 0, 1, 2, 0, 1])
    }

    @Test func aFormMayAskForAnotherWhileItIsEncoded() {
        let message = self.message("x")
        let outer = message.encoded(as: Self.forms[0]) { message, buffer in
            let inner = message.encoded(as: Self.forms[1]) { $1.writeString("inner") }
            buffer.writeImmutableBuffer(inner)
            buffer.writeString(" outer")
        }
        #expect(String(buffer: outer) == "inner outer")
        let inner = message.encoded(as: Self.forms[1]) { $1.writeString("again") }
        #expect(String(buffer: inner) == "inner")
    }

    /// A receiver that is behind keeps a message for long: of its encodings nothing is left by then.
    @Test func theMemoryOfAnEncodingIsUsedAgain() {
        let message = self.message("x")
        func address() -> UInt? {
            let encoded = message.encoded(as: Self.forms[0]) { $1.writeString(String(repeating: "y", count: 100)) }
            return encoded.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        }
        let first = address()
        #expect(address() == first)
        self.eventLoop.run()
        #expect(address() == first)
    }

    private struct Failure: Error {}

    @Test func whatCouldNotBeEncodedIsTriedAnew() throws {
        let message = self.message("x")
        #expect(throws: Failure.self) {
            _ = try message.encoded(as: Self.forms[0]) { _, buffer throws(Failure) in
                buffer.writeString("half")
                throw Failure()
            }
        }
        #expect(String(buffer: message.encoded(as: Self.forms[0]) { $1.writeString("whole") }) == "whole")
    }
}
