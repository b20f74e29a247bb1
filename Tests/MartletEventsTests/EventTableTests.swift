// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import SocketIOWire
import Testing

@testable import MartletEvents

@Suite struct EventTableTests {
    private func listener(isOnce: Bool = false) -> Listener {
        Listener(body: .sync { _, _ in false }, isOnce: isOnce)
    }

    @Test func everyNameHasItsOwn() {
        var table = EventTable()
        #expect(table.isEmpty)
        for number in 0..<1000 {
            let name = EventName("event number \(number)")
            for _ in 0...number % 3 { table[name].append(listener()) }
        }
        for number in 0..<1000 { #expect(table[EventName("event number \(number)")].count == number % 3 + 1) }
        #expect(table["event number 1000"].isEmpty)
        #expect(table[""].isEmpty)
        #expect(!table.isEmpty)
    }

    @Test func whatIsTakenOutIsGoneAndMayComeAgain() {
        var table = EventTable()
        table["a"] = [listener()]
        table["b"] = [listener(), listener()]
        table["a"] = []
        #expect(table["a"].isEmpty)
        #expect(table["b"].count == 2)
        table["a"] = [listener()]
        #expect(table["a"].count == 1)
    }

    /// Names that are used once each, as those of answers made up by hand, must not make it grow.
    @Test func namesThatAreNotUsedAnyMoreTakeNoRoom() {
        var table = EventTable()
        table["kept"] = [listener()]
        for number in 0..<10_000 {
            let name = EventName("reply \(number)")
            table[name] = [listener()]
            table[name] = []
        }
        #expect(table["kept"].count == 1)
        #expect(table.capacity <= 8)
    }
}
