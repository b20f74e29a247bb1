// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@testable import FaultProxy

struct FaultsTests {
    private func kind(_ uri: String, upgrade: Bool = false) -> RequestKind {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: uri)
        if upgrade { head.headers.add(name: "Upgrade", value: "websocket") }
        return RequestKind(head)
    }

    @Test func aRequestSaysWhoseItIs() {
        let kind = self.kind("/socket.io/?EIO=4&transport=sse&visitor=Some_body-1")
        #expect(kind.visitor?.name == "Some_body-1")
        #expect(kind.transport == .sse)
        #expect(!kind.asksForUpgrade)
        #expect(self.kind("/?upgrade", upgrade: true).asksForUpgrade)
    }

    @Test(arguments: [
        "/", "/chat?visitor=somebody-1", "/socket.io/", "/socket.io/?visitor=short", "/socket.io/?visitor=some%20body",
        "/socket.io/?xvisitor=somebody-1", "/socket.io/?visitor", "/faults/somebody-1?visitor=somebody-1",
    ])
    func aRequestWithoutAVisitorIsNobodys(_ uri: String) {
        #expect(self.kind(uri).visitor == nil)
    }

    @Test func aBlockIsOfItsTransport() {
        var faults = Faults()
        faults.block = [.websocket, .polling]
        #expect(Verdict(self.kind("/socket.io/?transport=polling"), faults) == .refuse)
        #expect(Verdict(self.kind("/socket.io/?transport=websocket", upgrade: true), faults) == .refuse)
        #expect(Verdict(self.kind("/socket.io/?transport=sse"), faults) == .pass)
        #expect(Verdict(self.kind("/socket.io/?transport=pigeon"), faults) == .pass)
    }

    @Test func onlyAnUpgradeIsStripped() {
        var faults = Faults()
        faults.upgrade = .strip
        #expect(Verdict(self.kind("/socket.io/?transport=websocket", upgrade: true), faults) == .passWithoutUpgrade)
        #expect(Verdict(self.kind("/socket.io/?transport=polling"), faults) == .pass)
        faults.upgrade = .pass
        #expect(Verdict(self.kind("/socket.io/?transport=websocket", upgrade: true), faults) == .pass)
    }

    @Test func theyAreKeptWithinBounds() throws {
        let text = """
            {"delay":-5,"buffer":{"bytes":0,"milliseconds":99999999},"cut":{"afterBytes":[-1,99999999999],"seed":7}}
            """
        let faults = try #require(JSONDecoder().decode(Faults.self, from: Data(text.utf8)).sane)
        #expect(faults.delay == 0)
        #expect(faults.buffer == .init(bytes: 1, milliseconds: 60_000))
        #expect(faults.cut == .init(afterBytes: [1, 1 << 30], seed: 7))
    }

    @Test(arguments: [[], [1], [2, 1], [1, 2, 3]])
    func aRangeHasTwoEnds(_ range: [Int]) {
        var faults = Faults()
        faults.cut = .init(afterBytes: range)
        #expect(faults.sane == nil)
    }

    @Test func aBudgetIsSpentToTheByte() {
        var budget = CutBudget(10)
        #expect(budget.spend(4) == 4)
        #expect(budget.spend(7) == 6)
        #expect(budget.spend(1) == 0)
        var unlimited = CutBudget()
        #expect(unlimited.spend(.max) == .max)
    }

    @Test func theSameSeedDrawsTheSame() {
        func draw(_ seed: UInt64) -> [Int] {
            var generator = SeededGenerator(seed: seed)
            return (0..<8).map { _ in .random(in: 1...1000, using: &generator) }
        }
        #expect(draw(7) == draw(7))
        #expect(draw(7) != draw(8))
    }
}
