// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import NIOCore
import Testing

@testable import MartletEngine

/// The machine with what `#expect` needs to take apart an expression about it.
private final class Subject {
    var machine: DeliveryStateMachine

    init(buffer: Int = 1 << 20) { self.machine = DeliveryStateMachine(buffer: buffer) }

    func send(_ texts: String...) {
        for text in texts { self.machine.append(.text(ByteBuffer(string: text))) }
    }

    /// What may be written now.
    func written() -> [String] {
        var texts: [String] = []
        while case .text(let text)? = self.machine.next() { texts.append(String(buffer: text)) }
        return texts
    }

    func acknowledge(_ count: Int) -> EngineIOError? {
        do throws(EngineIOError) { try self.machine.acknowledge(count) } catch { return error }
        return nil
    }

    func restart(after count: Int) -> EngineIOError? {
        do throws(EngineIOError) { try self.machine.restart(after: count) } catch { return error }
        return nil
    }

    /// The number after which the new transport begins; `nil` when the attach is refused.
    func attach(_ number: Int, _ acknowledged: Int) -> Int? {
        try? self.machine.attach(number, acknowledging: acknowledged)
    }

    func duplicates(from number: Int) -> Int? { try? self.machine.duplicates(from: number) }

    func receive(_ count: Int, bytes: Int = 1) {
        for _ in 0..<count { self.machine.received(bytes: bytes) }
    }

    var owes: Bool { self.machine.owesAcknowledgement }
    var isOverfull: Bool { self.machine.isOverfull }
    var mayWriteAtOnce: Bool { self.machine.mayWriteAtOnce }
    func tell() -> Int { self.machine.tell() }
}

struct DeliveryStateMachineTests {
    // MARK: Out

    @Test func theWindowIsAsManyBytesAsMayBeUnacknowledged() {
        let subject = Subject(buffer: 4)
        subject.send("aa", "bb", "cc", "dd")
        #expect(subject.written() == ["aa", "bb"])
        #expect(!subject.mayWriteAtOnce)
        #expect(subject.acknowledge(1) == nil)
        #expect(subject.written() == ["cc"])
        #expect(subject.acknowledge(3) == nil)
        #expect(subject.written() == ["dd"])
        #expect(subject.mayWriteAtOnce)
    }

    @Test func oneMessageAlwaysHasRoom() {
        let subject = Subject(buffer: 0)
        subject.send("large", "next")
        #expect(subject.written() == ["large"])
        #expect(subject.acknowledge(1) == nil)
        #expect(subject.written() == ["next"])
    }

    @Test func moreThanWasSentCannotBeAcknowledged() {
        let subject = Subject()
        subject.send("a", "b")
        #expect(subject.acknowledge(1) == .badRequest)
        #expect(subject.written().count == 2)
        #expect(subject.acknowledge(3) == .badRequest)
        #expect(subject.acknowledge(2) == nil)
        #expect(subject.acknowledge(1) == nil, "less than before is ignored")
        #expect(subject.acknowledge(EngineCount.max) == .badRequest)
    }

    @Test func whatIsKeptCountsWrittenOrNot() {
        let subject = Subject(buffer: 5)
        subject.send("aaa", "bb")
        #expect(!subject.isOverfull)
        subject.send("c")
        #expect(subject.isOverfull)
        #expect(subject.written() == ["aaa", "bb"])
        #expect(subject.isOverfull)
        #expect(subject.acknowledge(1) == nil)
        #expect(!subject.isOverfull)
    }

    // MARK: Streams

    @Test func aRequestBeginsAfterWhatItAcknowledges() {
        let subject = Subject()
        subject.send("a", "b", "c")
        #expect(subject.written() == ["a", "b", "c"])
        #expect(subject.restart(after: 0) == nil)
        #expect(subject.written() == ["a", "b", "c"])
        #expect(subject.restart(after: 2) == nil)
        #expect(subject.written() == ["c"])
        #expect(subject.restart(after: 1) == .badRequest, "it is gone")
        #expect(subject.restart(after: 4) == .badRequest, "it was never sent")
        #expect(subject.restart(after: 3) == nil)
        #expect(subject.written() == [])
    }

    @Test func anAttachBeginsAfterTheMostThatWasAcknowledged() {
        let subject = Subject()
        subject.send("a", "b", "c", "d")
        #expect(subject.written().count == 4)
        #expect(subject.acknowledge(2) == nil)
        #expect(subject.attach(1, 1) == 2)
        #expect(subject.written() == ["c", "d"])
        #expect(subject.attach(2, 3) == 3)
        #expect(subject.written() == ["d"])
    }

    @Test func anAttachHasToBeTheLatest() {
        let subject = Subject()
        #expect(subject.attach(0, 0) == nil)
        #expect(subject.attach(3, 0) == 0)
        #expect(subject.attach(3, 0) == nil)
        #expect(subject.attach(2, 0) == nil)
        #expect(subject.attach(4, 1) == nil, "more than was sent")
        #expect(subject.attach(4, 0) == 0)
    }

    /// On a stream a message's number is its place, so one that was acknowledged meanwhile is written all the same.
    @Test func whatAStreamHasYetToRepeatIsRepeatedThoughItIsAcknowledged() {
        let subject = Subject(buffer: 2)
        subject.send("aa", "bb", "cc", "dd")
        #expect(subject.written() == ["aa"])
        #expect(subject.acknowledge(1) == nil)
        #expect(subject.written() == ["bb"])
        #expect(subject.attach(1, 1) == 1)
        #expect(subject.acknowledge(2) == nil)
        #expect(subject.written() == ["bb", "cc"])
        #expect(subject.attach(2, 1) == 2)
        #expect(subject.written() == ["cc"])
    }

    // MARK: In

    @Test func aBodyMayBeginAtAnyNumberThatHasComeOrIsNext() {
        let subject = Subject()
        #expect(subject.duplicates(from: 0) == nil)
        #expect(subject.duplicates(from: 1) == 0)
        #expect(subject.duplicates(from: 2) == nil)
        subject.receive(3)
        #expect(subject.duplicates(from: 1) == 3)
        #expect(subject.duplicates(from: 4) == 0)
        #expect(subject.duplicates(from: 5) == nil)
        #expect(subject.duplicates(from: EngineCount.max) == nil)
    }

    @Test func theClientIsToldAfter64Messages() {
        let subject = Subject()
        subject.receive(63)
        #expect(!subject.owes)
        subject.receive(1)
        #expect(subject.owes)
        #expect(subject.tell() == 64)
        #expect(!subject.owes)
        subject.receive(64)
        #expect(subject.tell() == 128)
    }

    @Test(arguments: [(1 << 20, 64 << 10), (40_000, 10_000)])
    func theClientIsToldAfterSoManyBytes(buffer: Int, limit: Int) {
        let subject = Subject(buffer: buffer)
        subject.receive(1, bytes: limit - 1)
        #expect(!subject.owes)
        subject.receive(1, bytes: 1)
        #expect(subject.owes)
        #expect(subject.tell() == 2)
        #expect(!subject.owes)
    }
}
