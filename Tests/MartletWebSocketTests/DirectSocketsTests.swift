// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MartletWebSocket

struct DirectSocketsTests {
    private final class Log {
        var sent: [CInt] = []
    }

    private let log = Log()
    private let sockets: DirectSockets

    init() {
        let log = self.log
        self.sockets = DirectSockets { descriptor, bytes in
            log.sent.append(descriptor)
            return bytes.count
        }
    }

    private func send(to number: DirectSockets.Number) -> Int {
        [UInt8](1...3).withUnsafeBytes { self.sockets.send($0, to: number) }
    }

    @Test func bytesGoToTheSocketOfANumber() {
        let numbers = [7, 8, 9].map(self.sockets.add)
        #expect(Set(numbers).count == 3)
        for number in numbers.reversed() { #expect(self.send(to: number) == 3) }
        #expect(self.log.sent == [9, 8, 7])
    }

    @Test func aSocketThatWasGivenUpTakesNothing() {
        let given = self.sockets.add(7)
        self.sockets.giveUp(given)
        #expect(self.send(to: given) == 0)
        #expect(self.log.sent == [])
    }

    /// Whoever still has the number must not write to the socket of another.
    @Test func aNumberIsGivenAgainOnceItWasRemovedAndNotBefore() {
        let first = self.sockets.add(7)
        self.sockets.giveUp(first)
        let second = self.sockets.add(7)
        #expect(second != first)
        self.sockets.remove(first)
        #expect(self.sockets.add(8) == first)
        #expect(self.send(to: second) == 3)
        #expect(self.send(to: first) == 3)
        #expect(self.log.sent == [7, 8])
    }
}
