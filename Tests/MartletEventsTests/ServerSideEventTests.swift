// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

struct ServerSideEventTests {
    private struct Failure: Error {}

    @Test func theOtherServersHearOfIt() async throws {
        let notes = Notes()
        let fixture = try await Fixture { io, index in
            io.onServerSideEvent("hello") { (name: String, bytes: ByteBuffer, missing: Int?) in
                notes.add("\(index) \(name) \(bytes.readableBytes) \(missing ?? 0)")
            }
            io.of("/other").onServerSideEvent("hello") { notes.add("\(index) other") }
        }
        fixture.io.serverSideEmit("hello", "x", ByteBuffer(bytes: [1, 2]))
        fixture.servers[1].of("/other").serverSideEmit("hello")
        fixture.io.serverSideEmit("nobody listens")
        #expect(Set(notes.all.prefix(2)) == ["1 x 2 0", "2 x 2 0"])
        #expect(Set(notes.all.dropFirst(2)) == ["0 other", "2 other"])
    }

    @Test func eventsOfOneServerStayInOrder() async throws {
        let notes = Notes()
        let fixture = try await Fixture { io, index in
            io.onServerSideEvent("n") { (n: Int) in if index == 2 { notes.add("\(n)") } }
        }
        for n in 0..<100 { fixture.io.serverSideEmit("n", n) }
        #expect(notes.all == (0..<100).map(String.init))
    }

    @Test func eachServerAnswers() async throws {
        let fixture = try await Fixture { io, index in
            io.onServerSideEvent("add") { (n: Int) in n + index }
            io.onServerSideEvent("add") { (_: Int) in -1 }
            io.onServerSideEvent("slowly") { (n: Int) async in
                await Task.yield()
                return [n, index]
            }
            io.onServerSideEvent("nothing") { () async in await Task.yield() }
        }
        let answers = try await fixture.io.serverSideEmitWithAck("add", 10, as: Int.self)
        #expect(Set(answers.map(\.nodeID)) == Set(fixture.nodes.dropFirst().map(\.nodeID)))
        #expect(try answers.map { try $0.result.get() }.sorted() == [11, 12])
        let slow = try await fixture.io.serverSideEmitWithAck("slowly", 1, as: [Int].self)
        #expect(try slow.map { try $0.result.get()[1] }.sorted() == [1, 2])
        let empty = try await fixture.io.serverSideEmitWithAck("nothing", as: Int?.self)
        #expect(try empty.map { try $0.result.get() } == [nil, nil])
        let all = try await fixture.io.serverSideEmitWithAck("add", 10, as: SocketArguments.self)
        #expect(Set(try all.map { try $0.result.get().description }) == ["11", "12"])
        #expect(fixture.nodes.allSatisfy { $0.questionCount == 0 })
    }

    @Test func whyThereIsNoAnswerIsSaid() async throws {
        let reported = Notes()
        let fixture = try await Fixture { io, index in
            io.onError { reported.add("\(index) \($0)") }
            switch index {
            case 1: io.onServerSideEvent("fail") { (n: Int) throws -> Int in throw EventError(message: "no \(n)") }
            case 2: io.onServerSideEvent("fail") { (n: Int) async throws -> Int in throw Failure() }
            default: break
            }
            if index == 1 { io.onServerSideEvent("one") { "text" } }
        }
        let failed = try await fixture.io.serverSideEmitWithAck("fail", 1, as: Int.self).descriptions
        #expect(failed == ["Internal error", "no 1"])
        try await eventually { reported.all.count == 2 }
        #expect(reported.all.contains("2 Failure() in 'fail'"))
        let undecodable = try await fixture.io.serverSideEmitWithAck("fail", "text", as: Int.self).descriptions
        #expect(undecodable.allSatisfy { $0.hasPrefix("argument 0") })
        let one = try await fixture.io.serverSideEmitWithAck("one", as: Int.self)
        let results = Dictionary(uniqueKeysWithValues: one.map { ($0.nodeID, $0.result) })
        #expect(results[fixture.nodes[2].nodeID] == .failure(.unhandled))
        guard case .failure(let error)? = results[fixture.nodes[1].nodeID] else { throw Failure() }
        #expect(error.isUndecodable)
    }

    @Test func whatCannotBeEncodedIsNotSent() async throws {
        let reported = Notes()
        let fixture = try await Fixture { io, _ in
            io.onError { reported.add("\($0.event ?? "")") }
            io.onServerSideEvent("n") { (_: Double) in 1 }
        }
        fixture.io.serverSideEmit("n", Double.nan)
        #expect(reported.all == ["n"])
        await #expect(throws: AcknowledgementError.self) {
            _ = try await fixture.io.serverSideEmitWithAck("n", Double.nan, as: Int.self)
        }
    }

    @Test func withoutAClusterNobodyHearsOfIt() async throws {
        let fixture = try await Fixture(.oneServer) { io, _ in
            io.onServerSideEvent("hello") { Issue.record("The server hears itself.") }
        }
        fixture.io.serverSideEmit("hello")
        #expect(try await fixture.io.serverSideEmitWithAck("hello", as: Int.self).isEmpty)
    }

    /// A server that is cut off does not answer; the others do.
    @Test func whoDoesNotAnswerInTimeIsNamed() async throws {
        let fixture = try await Fixture { io, index in io.onServerSideEvent("index") { index } }
        fixture.links[2].isCut = true
        async let asked = fixture.io.serverSideEmitWithAck("index", timeout: .seconds(1), as: Int.self)
        try await fixture.clock.advance(by: .seconds(1), waiting: 4)
        let results = Dictionary(uniqueKeysWithValues: try await asked.map { ($0.nodeID, $0.result) })
        #expect(results == [fixture.nodes[1].nodeID: .success(1), fixture.nodes[2].nodeID: .failure(.timedOut)])
        #expect(fixture.nodes[0].questionCount == 0)
    }
}

extension [NodeAnswer<Int>] {
    /// The failures' descriptions, sorted.
    fileprivate var descriptions: [String] {
        self.map { answer in
            switch answer.result {
            case .success(let value): "\(value)"
            case .failure(let error): error.description
            }
        }.sorted()
    }
}
