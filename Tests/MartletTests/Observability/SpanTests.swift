// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import InMemoryTracing
import Martlet
import MartletTestSupport
import MartletTesting
import Testing
import Tracing

@testable import MartletObservability

/// Handlers and broadcasts are within spans.
struct SpanTests {
    private struct Failure: Error {}

    private let tracer = InMemoryTracer()
    private let io = SocketIOServer()

    init() throws {
        self.io.observe(tracer: self.tracer)
        self.io.onError { _ in }
    }

    @Test func aHandlerAndWhatItSendsToManyAreOneTrace() async throws {
        let namespace = self.io.of("/chat")
        namespace.on("say") { (socket: Socket, text: String) in socket.namespace.emit("said", text) }
        let client = try await self.io.testClient(namespace: "/chat")
        try await client.emit("say", "hello", namespace: "/chat")
        let spans = self.tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["send said", "process say"])
        #expect(spans.map(\.kind) == [.producer, .consumer])
        let (send, process) = (try #require(spans.first), try #require(spans.last))
        #expect(process.parentSpanID == nil)
        #expect(send.parentSpanID == process.spanID)
        #expect(send.traceID == process.traceID)
        let id = try #require(await namespace.sockets().first).id
        #expect(process.attributes.get("messaging.system") == "socket.io")
        #expect(process.attributes.get("messaging.operation.name") == "process")
        #expect(process.attributes.get("messaging.destination.name") == "/chat")
        #expect(process.attributes.get("martlet.event") == "say")
        #expect(process.attributes.get("martlet.socket.id") == .string(id))
        #expect(send.attributes.get("messaging.operation.name") == "send")
        #expect(send.attributes.get("martlet.event") == "said")
    }

    @Test func aHandlerThatSuspendsStaysInItsSpan() async throws {
        let gate = Gate()
        self.io.on("wait") { (socket: Socket) async in
            await gate.pass()
            socket.namespace.emit("done")
        }
        let client = try await self.io.testClient()
        try await client.emit("wait")
        #expect(self.tracer.finishedSpans.isEmpty)
        #expect(self.tracer.activeSpans.map(\.operationName) == ["process wait"])
        gate.open()
        _ = try await client.next("done")
        try await eventually("the span's end") {
            await client.run()
            return self.tracer.finishedSpans.count == 2
        }
        let spans = self.tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["send done", "process wait"])
        #expect(spans.first?.parentSpanID == spans.last?.spanID)
    }

    @Test func aFailureIsRecorded() async throws {
        self.io.on("sync") { (_: Socket) throws in throw Failure() }
        self.io.on("async") { (_: Socket) async throws in throw Failure() }
        let client = try await self.io.testClient()
        for event in ["sync", "async"] {
            _ = try await client.emitWithAck(Event(event))
            let span = try #require(self.tracer.popFinishedSpans().first)
            #expect(span.operationName == "process \(event)")
            #expect(span.errors.count == 1)
            #expect(span.errors.first?.error is Failure)
            #expect(span.status?.code == .error)
        }
    }

    @Test func broadcastsOutsideHandlersAreTracesOfTheirOwn() async throws {
        _ = try await self.io.testClient()
        self.io.to("room").emit("news")
        let span = try #require(self.tracer.finishedSpans.first)
        #expect(span.operationName == "send news")
        #expect(span.parentSpanID == nil)
        #expect(self.tracer.finishedSpans.count == 1)
    }
}
