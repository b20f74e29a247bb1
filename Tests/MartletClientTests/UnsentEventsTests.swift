// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletShared
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletClient

/// What waits until a client's socket is connected.
struct UnsentEventsTests {
    private func event(_ text: String, id: Int? = nil) -> UnsentEvent {
        UnsentEvent(
            packet: EncodedPacket(message: ByteBuffer(string: text), isBinary: false), name: text, ackID: id)
    }

    /// Compared with a plain array.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func questionsAreTakenOutInAnyOrder(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (events, model) = (UnsentEvents(), [UnsentEvent]())
        for id in 0..<5000 {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0...1: model.append(self.event("event \(id)"))
            case 2...4: model.append(self.event("question \(id)", id: id))
            case 5 where Int.random(in: 0..<100, using: &generator) == 0:
                #expect(events.takeAll().map(\.name) == model.map(\.name))
                model = []
                continue
            default:
                // Some are gone, or were never there.
                let gone = model.compactMap(\.ackID).randomElement(using: &generator) ?? id
                events.remove(question: gone)
                events.remove(question: gone)
                model.removeAll { $0.ackID == gone }
                continue
            }
            if let last = model.last { events.append(last) }
            #expect(events.count == model.count && events.questions == Set(model.compactMap(\.ackID)))
            #expect(events.byteCount == model.reduce(0) { $0 + $1.packet.byteCount })
        }
        #expect(events.takeAll().map(\.name) == model.map(\.name))
        #expect(events.count == 0 && events.byteCount == 0 && events.questions.isEmpty)
    }

    @Test func questionsThatGoLeaveNothingBehind() {
        var events = UnsentEvents()
        events.append(self.event("stays"))
        for id in 0..<10_000 {
            events.append(self.event("question", id: id))
            events.remove(question: id)
            #expect(events.slots.count <= 20)
        }
        #expect(events.takeAll().map(\.name) == ["stays"])
    }

    /// Eight times as many take about eight times as long, and would take 64 times as long if all were searched for each.
    @Test func noneIsSearchedFor() {
        func time(_ count: Int) -> Duration {
            let filled = (0..<count).reduce(into: UnsentEvents()) { $0.append(self.event("question", id: $1)) }
            let times = (0..<5).map { _ in
                var events = filled
                return ContinuousClock().measure { for id in 0..<count { events.remove(question: id) } }
            }
            return times.min() ?? .zero
        }
        let (few, many) = (time(1000), time(8000))
        #expect(many < few * 24, "\(few) \(many)")
    }

    @Test func manyQuestionsEndTogether() async throws {
        let count = 10_000
        try await SocketServer.run { io in
            io.on(Chat.count) { (_: Socket, number: Int) -> Int in number }
        } _: { server in
            try await server.client { client in
                let socket = client.socket()
                func ask(timeout: Duration) async -> [Result<Int, any Error>] {
                    await withTaskGroup(of: Result<Int, any Error>.self) { group in
                        for number in 0..<count {
                            group.addTask {
                                do {
                                    return .success(
                                        try await socket.emitWithAck(Chat.count, number, timeout: timeout))
                                } catch {
                                    return .failure(error)
                                }
                            }
                        }
                        return await group.reduce(into: []) { $0.append($1) }
                    }
                }
                let late = await ask(timeout: .milliseconds(100))
                #expect(late.allSatisfy { (try? $0.get()) == nil })
                #expect(try await client.onLoop { _ in socket.unsent.count == 0 && socket.acknowledgements.isEmpty })
                try await socket.connect()
                let answers = await ask(timeout: TestTime.limit)
                #expect(Set(answers.compactMap { try? $0.get() }) == Set(0..<count))
                #expect(try await client.onLoop { $0.timers.count == 0 })
            }
        }
    }
}
