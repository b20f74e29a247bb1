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

    @Test func anEventForTheOtherServersStaysInItsTrace() async throws {
        let bus = InProcessBus()
        let others = InMemoryTracer()
        let other = SocketIOServer()
        other.observe(tracer: others)
        for server in [self.io, other] { server.cluster(bus, clock: ManualClock()) }
        other.onServerSideEvent("reload") { (_: String) in other.to("room").emit("news") }
        other.onServerSideEvent("sum") { (a: Int, b: Int) async in
            await Task.yield()
            return a + b
        }
        self.io.on("save") { (_: Socket) async throws -> [Int] in
            self.io.serverSideEmit("reload", "prices")
            return try await self.io.serverSideEmitWithAck("sum", 1, 2, as: Int.self).map { try $0.result.get() }
        }
        let client = try await self.io.testClient()
        #expect(try await client.emitWithAck("save").description == "[3]")

        let own = self.tracer.finishedSpans
        #expect(own.map(\.operationName) == ["send reload", "process save"])
        let (send, save) = (try #require(own.first), try #require(own.last))
        let spans = others.finishedSpans
        #expect(spans.map(\.operationName) == ["send news", "process reload", "process sum"])
        #expect(Set(spans.map(\.traceID)) == [save.traceID])
        #expect(spans.map(\.parentSpanID) == [spans[1].spanID, send.spanID, save.spanID])
        #expect(spans[1].kind == .consumer)
        #expect(spans[1].attributes.get("messaging.destination.name") == "/")
        #expect(spans[1].attributes.get("martlet.event") == "reload")
        #expect(spans[1].attributes.get("martlet.socket.id") == nil)
    }

    @Test func aServerWithoutATracerLeavesEventsOfOtherServersAlone() async throws {
        let bus = InProcessBus()
        let other = SocketIOServer()
        for server in [self.io, other] { server.cluster(bus, clock: ManualClock()) }
        let received = Notes()
        self.io.onServerSideEvent("reload") { (section: String) in received.add(section) }
        other.onServerSideEvent("reload") { (section: String) in received.add("other \(section)") }
        other.serverSideEmit("reload", "a")
        self.io.serverSideEmit("reload", "b")
        #expect(received.all == ["a", "other b"])
        let process = try #require(self.tracer.finishedSpans.first)
        #expect(process.operationName == "process reload")
        #expect(process.parentSpanID == nil)
    }
}
