// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Testing

@testable import FaultProxy

struct LaneTests {
    /// What passes at a time, and the milliseconds of the time until which the rest waits.
    private struct Passed: Equatable {
        var parts: [String] = []
        var due: Int64?

        init(_ parts: String..., due: Int64? = nil) {
            self.parts = parts
            self.due = due
        }
    }

    private var lane = Lane<String>()

    private func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .milliseconds(milliseconds) }

    private mutating func push(_ parts: Part<String>..., at milliseconds: Int64 = 0) {
        for part in parts { self.lane.push(part, now: self.at(milliseconds)) }
    }

    private mutating func pass(_ faults: Faults = Faults(), at milliseconds: Int64 = 0) -> Passed {
        var passed = Passed()
        while true {
            switch self.lane.next(faults, now: self.at(milliseconds)) {
            case .pass(.head(let head)): passed.parts.append(head)
            case .pass(.body(let bytes)): passed.parts.append(String(buffer: bytes))
            case .pass(.end): passed.parts.append("end")
            case .pass(.closed): passed.parts.append("closed")
            case .wait(let due):
                passed.due = Int64(due.uptimeNanoseconds / 1_000_000)
                return passed
            case .nothing: return passed
            }
        }
    }

    private func body(_ text: String) -> Part<String> { .body(ByteBuffer(string: text)) }

    @Test mutating func withoutFaultsAllPasses() {
        self.push(.head("head"), self.body("a"), self.body("b"), .end(nil), .closed)
        #expect(self.lane.beginsWithHead)
        #expect(self.pass() == Passed("head", "a", "b", "end", "closed"))
        #expect(self.pass() == Passed())
        #expect(!self.lane.beginsWithHead)
    }

    @Test mutating func aDelayIsThatOfEachPart() {
        var faults = Faults()
        faults.delay = 100
        self.push(.head("head"), at: 10)
        self.push(self.body("a"), at: 50)
        #expect(self.pass(faults, at: 60) == Passed(due: 110))
        #expect(self.pass(faults, at: 110) == Passed("head", due: 150))
        #expect(self.pass(faults, at: 200) == Passed("a"))
    }

    @Test mutating func aStallLetsNothingThroughUntilItEnds() {
        var faults = Faults()
        faults.stall = true
        self.push(self.body("a"), .closed)
        #expect(self.pass(faults, at: 1_000_000) == Passed())
        #expect(self.pass(at: 1_000_000) == Passed("a", "closed"))
    }

    @Test mutating func aBufferHoldsBodiesBackUntilTheirTime() {
        self.lane.buffer = .init(bytes: 100, milliseconds: 300)
        self.push(.head("head"), self.body("a"), at: 0)
        self.push(self.body("b"), at: 200)
        #expect(self.pass(at: 250) == Passed("head", due: 300))
        // What was held with the first goes with it, what comes next is held anew.
        #expect(self.pass(at: 300) == Passed("a", "b"))
        self.push(self.body("c"), at: 310)
        #expect(self.pass(at: 310) == Passed(due: 610))
    }

    @Test mutating func aBufferHoldsBodiesBackUntilTheirSize() {
        self.lane.buffer = .init(bytes: 4, milliseconds: 300)
        self.push(self.body("abc"))
        #expect(self.pass() == Passed(due: 300))
        self.push(self.body("d"))
        #expect(self.pass() == Passed("abc", "d"))
    }

    @Test(arguments: [Part<String>.end(nil), .closed])
    mutating func aBufferLetsGoOfWhatIsComplete(_ last: Part<String>) {
        self.lane.buffer = .init(bytes: 100, milliseconds: 300)
        self.push(self.body("abc"), last)
        #expect(self.pass().parts.count == 2)
    }

    @Test mutating func aBufferThatIsLiftedLetsGo() {
        self.lane.buffer = .init(bytes: 100, milliseconds: 300)
        self.push(self.body("abc"))
        self.lane.buffer = nil
        #expect(self.pass() == Passed("abc"))
    }

    @Test mutating func itIsFullAtItsCapacity() {
        self.push(.body(ByteBuffer(repeating: 0, count: Lane<String>.capacity - 1)))
        #expect(!self.lane.isFull)
        self.push(self.body("a"))
        #expect(self.lane.isFull)
        // A buffer that is larger must be able to fill.
        self.lane.buffer = .init(bytes: 2 * Lane<String>.capacity, milliseconds: 300)
        #expect(!self.lane.isFull)
        self.lane.buffer = nil
        _ = self.pass()
        #expect(!self.lane.isFull)
    }
}
