// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

/// Everything that addresses several sockets goes through the adapter.
struct AdapterTests {
    /// Writes down what it is asked for, as what would travel to another server, and has it done here.
    private final class Recorder: Adapter {
        private let local = LocalAdapter()
        private let notes = NIOLockedValueBox<[String]>([])

        var log: [String] { self.notes.withLockedValue { $0 } }

        private func note(_ what: String, _ target: BroadcastTarget, _ namespace: Namespace) -> BroadcastTarget {
            var line = "\(namespace) \(what) to \(target.rooms) except \(target.except)"
            if target.isVolatile { line += " volatile" }
            if target.isLocal { line += " local" }
            self.notes.withLockedValue { $0.append(line) }
            do {
                return try throughJSON(target)
            } catch {
                Issue.record(error)
                return target
            }
        }

        func broadcast(_ packet: EncodedPacket, to target: BroadcastTarget, in namespace: Namespace) {
            let text = "\(String(buffer: packet.message)) and \(packet.attachments.count)"
            self.local.broadcast(packet, to: self.note(text, target, namespace), in: namespace)
        }

        func perform(_ operation: SocketOperation, on target: BroadcastTarget, in namespace: Namespace) {
            self.local.perform(operation, on: self.note("\(operation)", target, namespace), in: namespace)
        }

        func ask(
            _ question: EncodedPacket,
            of target: BroadcastTarget,
            in namespace: Namespace,
            timeout: Duration,
            answered: @escaping @Sendable (String, Result<SocketArguments, AcknowledgementError>) -> Void
        ) async -> Gathered<Int> {
            let target = self.note("ask \(String(buffer: question.message))", target, namespace)
            return await self.local.ask(question, of: target, in: namespace, timeout: timeout, answered: answered)
        }

        func count(_ target: BroadcastTarget, in namespace: Namespace) async -> Gathered<Int> {
            await self.local.count(self.note("count", target, namespace), in: namespace)
        }

        func describe(_ target: BroadcastTarget, in namespace: Namespace) async -> Gathered<[SocketDescription]> {
            await self.local.describe(self.note("describe", target, namespace), in: namespace)
        }

        func send(_ event: ServerSideEvent, in namespace: Namespace) {
            self.notes.withLockedValue { $0.append("\(namespace) send") }
        }

        func ask(
            _ event: ServerSideEvent,
            in namespace: Namespace,
            timeout: Duration
        ) async -> [String: ServerSideAnswer] {
            self.notes.withLockedValue { $0.append("\(namespace) ask other servers for \(timeout)") }
            return [:]
        }

        func sockets(_ target: BroadcastTarget, in namespace: Namespace) async -> [Socket] {
            await self.local.sockets(self.note("sockets", target, namespace), in: namespace)
        }
    }

    @Test func whatIsMeantForSeveralSocketsGoesThroughTheAdapter() async throws {
        let recorder = Recorder()
        let io = SocketIOServer(adapter: recorder, logger: ThrottledLogger())
        io.onConnection { $0.join("a") }
        let client = try await io.testClient()
        io.emit("all", ByteBuffer(bytes: [1]))
        io.to(["a", "b"]).except("c").volatile.local.emit("some", 1)
        io.to("a").socketsJoin("d")
        #expect(await io.socketCount(in: "d") == 1)
        #expect(await io.sockets(in: "d").count == 1)
        #expect(try await io.to("d").fetchSockets().count == 1)
        io.serverSideEmit("x", 1)
        #expect(try await io.serverSideEmitWithAck("x", timeout: .seconds(2), as: Int.self).isEmpty)
        io.to("a").socketsLeave("d")
        #expect(await io.socketCount(in: "d") == 0)
        let answers = try await io.to("a").emitWithAck("ask", 2, as: Int.self)
        #expect(answers.socketCount == 1)
        io.of("/custom").local.emit("nobody")
        io.disconnectSockets()
        await client.eventLoop.run()
        #expect(client.events.map { $0.prefix(4) } == ["all(", "some", "ask("])
        #expect(client.received.last?.kind == .disconnected)
        #expect(
            recorder.log == [
                #"/ 51-["all",{"_placeholder":true,"num":0}] and 1 to [] except []"#,
                #"/ 2["some",1] and 0 to ["a", "b"] except ["c"] volatile local"#,
                #"/ join(["d"]) to ["a"] except []"#,
                #"/ count to ["d"] except []"#,
                #"/ sockets to ["d"] except []"#,
                #"/ describe to ["d"] except []"#,
                "/ send",
                "/ ask other servers for 2.0 seconds",
                #"/ leave(["d"]) to ["a"] except []"#,
                #"/ count to ["d"] except []"#,
                #"/ ask ["ask",2] to ["a"] except []"#,
                #"/custom 2/custom,["nobody"] and 0 to [] except [] local"#,
                #"/ disconnect(closingConnection: false) to [] except []"#,
            ]
        )
    }

    @Test func aSocketsBroadcastsLeaveItOutByItsID() async throws {
        let recorder = Recorder()
        let io = SocketIOServer(adapter: recorder, logger: ThrottledLogger())
        io.onConnection { socket in socket.to("a").emit("x") }
        _ = try await io.testClient()
        let socket = try #require(await io.sockets().first)
        #expect(recorder.log.first == #"/ 2["x"] and 0 to ["a"] except ["\#(socket.id)"]"#)
    }

    @Test(
        arguments: [
            SocketOperation.join(["a"]), .leave(["a", "b"]), .disconnect(closingConnection: true),
            .expire(at: .milliseconds(7)), .expire(at: nil),
        ]
    )
    func anOperationMayTravel(operation: SocketOperation) throws {
        #expect(try throughJSON(operation) == operation)
    }
}

private func throughJSON<Value: Codable>(_ value: Value) throws -> Value {
    var json = ByteBuffer()
    var attachments: [ByteBuffer] = []
    try JSONArgumentCoder().encode(value, into: &json, attachments: &attachments)
    return try JSONArgumentCoder().decode(Value.self, from: json, attachments: attachments)
}
