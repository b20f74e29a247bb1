// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletClientEngine

/// The decisions of a session, each by itself.
struct DecisionTests {
    @Test func thePhasesOfASession() {
        let changes: [(ClientSessionPhase, ClientSessionPhase.Event, ClientSessionPhase)] = [
            (.idle, .opened, .opening), (.idle, .closed, .over), (.opening, .attached, .open),
            (.opening, .closed, .over), (.open, .lost, .suspended), (.open, .closed, .closing),
            (.suspended, .attached, .open), (.suspended, .closed, .stranded), (.closing, .lost, .stranded),
            (.closing, .said, .parting), (.stranded, .attached, .closing), (.parting, .attached, .closing),
            (.parting, .lost, .stranded),
        ]
        for phase in ClientSessionPhase.allCases {
            for event in ClientSessionPhase.Event.allCases {
                let expected =
                    event == .ended && phase != .over
                    ? .over : changes.first { $0.0 == phase && $0.1 == event }.map { $0.2 }
                #expect(phase.after(event) == expected, "\(phase) \(event)")
            }
        }
    }

    @Test func delaysDoubleAndSpread() {
        var random = SeededGenerator(seed: 1)
        var exact = Backoff(DelayRange(first: .seconds(1), longest: .seconds(5)), spread: 0)
        #expect((0..<5).map { _ in exact.next(using: &random) } == [1, 2, 4, 5, 5].map { .seconds($0) })
        var spread = Backoff(DelayRange(first: .seconds(1), longest: .seconds(5)), spread: 0.5)
        for _ in 0..<100 {
            let delay = spread.next(using: &random)
            #expect(delay >= .milliseconds(500) && delay <= .seconds(5))
        }
    }

    @Test func aLostTransportIsFollowedByTheNextOne() {
        var random = SeededGenerator(seed: 1)
        var order = TransportOrder(ClientSessionConfiguration())
        #expect(order.handshake(first: .polling) == [.polling, .websocket, .sse])
        #expect(order.better(than: .polling) == [.websocket, .sse])
        let start = NIODeadline.uptimeNanoseconds(0)
        order.began(now: start)
        let early = order.lost(.websocket, isSilent: false, now: start + .seconds(1), using: &random)
        #expect(early.names == [.sse, .polling, .websocket])
        #expect(early.delay == .zero)
        // One that has lasted is tried again first, unless the network drops its data.
        #expect(
            order.lost(.sse, isSilent: false, now: start + .seconds(20), using: &random).names
                == [.sse, .polling, .websocket])
        #expect(
            order.lost(.sse, isSilent: true, now: start + .seconds(20), using: &random).names
                == [.polling, .websocket, .sse])
    }

    @Test func afterEachTransportWasTriedOnceAttemptsWait() {
        var random = SeededGenerator(seed: 1)
        var order = TransportOrder(ClientSessionConfiguration())
        let start = NIODeadline.uptimeNanoseconds(0)
        order.began(now: start)
        let delays = (0..<4).map { _ in order.lost(.sse, isSilent: false, now: start, using: &random).delay }
        #expect(delays.prefix(3).allSatisfy { $0 == .zero })
        #expect(delays[3] > .zero)
    }

    @Test func runsOfAttachments() {
        var runs = AttachmentRuns()
        runs.append(first: 3, count: 3)
        runs.append(first: 8, count: 2)
        #expect((2...10).map { runs.place(of: $0) } == [nil, 3, 3, 3, nil, nil, 8, 8, nil])
        runs.removeAll(upTo: 4)
        #expect(runs.place(of: 5) == 3)
        runs.removeAll(upTo: 5)
        #expect(runs.place(of: 5) == nil)
        #expect(runs.place(of: 9) == 8)
    }

    @Test func cookiesComeBack() {
        let jar = CookieJar()
        #expect(jar.field == nil)
        jar.set("io=abc; Path=/; HttpOnly")
        jar.set("lb = node 1 ;Max-Age=60")
        jar.set("no-pair")
        #expect(jar.field == "io=abc; lb=node 1")
        jar.set("io=; max-age=0")
        #expect(jar.field == "lb=node 1")
        for number in 0..<100 { jar.set("c\(number)=x") }
        #expect(jar.field?.split(separator: ";").count == 32)
    }

    @Test func theHeadOfAnAnswerHoweverItIsCut() throws {
        let text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade:  websocket \r\nX: a: b\r\n\r\nrest"
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var buffer = ByteBuffer(bytes: bytes[..<cut])
            var head = try HTTPAnswerHead.read(&buffer)
            #expect((head != nil) == (cut >= bytes.count - 4))
            buffer.writeBytes(bytes[cut...])
            if head == nil { head = try HTTPAnswerHead.read(&buffer) }
            #expect(head?.status == 101)
            #expect(head?.first("upgrade") == "websocket")
            #expect(head?.first("x") == "a: b")
            #expect(String(buffer: buffer) == "rest")
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 20 x\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: \(String(repeating: "x", count: 20000))",
    ])
    func aHeadThatIsNoneIsRefused(text: String) {
        var buffer = ByteBuffer(string: text)
        #expect(throws: ClientError.self) { try HTTPAnswerHead.read(&buffer) }
    }
}
