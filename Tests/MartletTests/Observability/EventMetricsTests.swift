// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import MartletTesting
import Metrics
import NIOCore
import Testing
import Tracing

@testable import MartletObservability

/// The metrics of events are exact.
struct EventMetricsTests {
    @Test(arguments: BehaviourTests.transports)
    func whatComesAndGoesIsCounted(transport: TransportName) async throws {
        let io = SocketIOServer.testing()
        let server = try ObservedServer(io)
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(transport, on: port)
            var sent = [#"40"#]
            var received = ["40{\"sid\":\"\(try #require(await io.sockets().first).id)\"}", #"42["auth",{}]"#]
            for number in 0..<3 {
                sent.append(#"42["echo",\#(number)]"#)
                try await session.send(try #require(sent.last))
                received.append(try await session.nextMessage())
            }
            for number in 0..<2 {
                sent.append(#"42\#(number)["ack",\#(number)]"#)
                try await session.send(try #require(sent.last))
                received.append(try await session.nextMessage())
            }
            sent.append(#"42["ask",5000]"#)
            try await session.send(try #require(sent.last))
            received.append(try await session.nextMessage())
            sent.append("430[8]")
            try await session.send(try #require(sent.last))
            received.append(try await session.nextMessage())
            #expect(received.last == #"42["answer",8]"#)

            let values = try await server.values()
            #expect(values["martlet_messages_received_total"] == Double(sent.count))
            #expect(values["martlet_messages_sent_total"] == Double(received.count))
            // Without the digit of Engine.IO.
            #expect(values["martlet_received_bytes_total"] == Double(sent.reduce(0) { $0 + $1.utf8.count - 1 }))
            #expect(values["martlet_sent_bytes_total"] == Double(received.reduce(0) { $0 + $1.utf8.count - 1 }))
            #expect(values["martlet_events_received_total"] == 6)
            // `auth`, three echoes, `question`, `answer`.
            #expect(values["martlet_events_sent_total"] == 6)
            #expect(values["martlet_acknowledgements_received_total"] == 1)
            #expect(values["martlet_acknowledgements_sent_total"] == 2)
            for (event, count) in ["echo": 3.0, "ack": 2, "ask": 1] {
                let labels = #"{namespace="/",event="\#(event)"}"#
                #expect(values["martlet_handler_duration_seconds_count\(labels)"] == count)
                #expect(values["martlet_handler_failures_total\(labels)"] == 0)
            }
            for name in TransportName.all {
                let expected: Double = name == transport ? 1 : 0
                #expect(values[#"martlet_sessions{transport="\#(name)"}"#] == expected)
            }
            #expect(values[#"martlet_sockets{namespace="/"}"#] == 1)
            #expect(values[#"martlet_handshakes_total{result="accepted"}"#] == 1)
            await session.close()
        }
    }

    @Test func handlersThatThrowAreCounted() async throws {
        struct Failure: Error {}
        let io = SocketIOServer()
        io.onError { _ in }
        io.on("sync") { (_: Socket) throws in throw Failure() }
        io.on("async") { (_: Socket) async throws in throw Failure() }
        let server = try ObservedServer(io)
        let client = try await io.testClient()
        try await client.emit("sync")
        for _ in 0..<2 { _ = try await client.emitWithAck("async") }
        for (event, count) in ["sync": 1.0, "async": 2] {
            let labels = #"{namespace="/",event="\#(event)"}"#
            try await server.wait(for: "martlet_handler_failures_total\(labels)", toBe: count)
            #expect(try await server.values()["martlet_handler_duration_seconds_count\(labels)"] == count)
        }
    }

    @Test func eventsWaitForHandlers() async throws {
        let io = SocketIOServer()
        let gate = Gate()
        io.on("slow") { (_: Socket, _: Int) async in await gate.pass() }
        let server = try ObservedServer(io)
        let client = try await io.testClient()
        for number in 0..<4 { try await client.emit("slow", number) }
        var values = try await server.values()
        #expect(values["martlet_waiting_events"] == 3)
        #expect(values["martlet_waiting_event_bytes"] == Double(3 * #"["slow",0]"#.utf8.count))
        #expect(values[#"martlet_handler_duration_seconds_count{namespace="/",event="slow"}"#] == nil)
        gate.open()
        try await eventually("the handlers") {
            await client.run()
            values = try await server.values()
            return values[#"martlet_handler_duration_seconds_count{namespace="/",event="slow"}"#] == 4
        }
        #expect(values["martlet_waiting_events"] == 0)
        #expect(values["martlet_waiting_event_bytes"] == 0)
    }

    @Test func broadcastsAreMeasured() async throws {
        let io = SocketIOServer.testing()
        let server = try ObservedServer(io)
        try await withServer(.standalone, io) { port in
            // On two event loops.
            var sessions: [TestSession] = []
            for _ in 0..<4 { sessions.append(try await TestSession.joined(.websocket, on: port)) }
            for session in sessions.dropLast() {
                try await session.send(#"420["join","r"]"#)
                #expect(try await session.nextMessage() == #"430["r"]"#)
            }
            for number in 0..<2 {
                io.to("r").emit("news", number)
                for session in sessions.dropLast() {
                    #expect(try await session.nextMessage() == #"42["news",\#(number)]"#)
                }
            }
            io.of("/custom").emit("nobody")
            let labels = #"{namespace="/"}"#
            try await server.wait(for: "martlet_broadcast_duration_seconds_count\(labels)", toBe: 2)
            let values = try await server.values()
            #expect(values["martlet_broadcast_receivers_count\(labels)"] == 2)
            #expect(values["martlet_broadcast_receivers_sum\(labels)"] == 6)
            #expect(values["martlet_events_sent_total"] == 10)
            try await server.wait(for: #"martlet_broadcast_receivers_count{namespace="/custom"}"#, toBe: 1)
            #expect(try await server.values()[#"martlet_broadcast_receivers_sum{namespace="/custom"}"#] == 0)
            for session in sessions { await session.close() }
        }
    }

    @Test func namespacesOfClientsShareALabel() async throws {
        let io = SocketIOServer()
        _ = io.of("/own")
        _ = io.of { name, _ in name.hasPrefix("/made/") }
        let server = try ObservedServer(io)
        var clients: [TestClient] = []
        for number in 0..<70 { clients.append(try await io.testClient(namespace: "/made/\(number)")) }
        clients.append(try await io.testClient(namespace: "/own"))
        let values = try await server.values()
        let sockets = values.filter { $0.key.hasPrefix("martlet_sockets{") }
        // The names that there were first: `/` and `/own`.
        #expect(sockets.count == NamespaceLabels.limit)
        #expect(sockets.values.reduce(0, +) == 71)
        #expect(sockets[#"martlet_sockets{namespace="/own"}"#] == 1)
        #expect(sockets[#"martlet_sockets{namespace="other"}"#] == Double(70 - (NamespaceLabels.limit - 2)))
    }

    @Test func recoveriesAreCounted() async throws {
        var configuration = SocketIOConfiguration()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        let io = SocketIOServer(configuration: configuration)
        let server = try ObservedServer(io)
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.open(.websocket, on: port)
            try await session.send("40")
            let strings = try await session.nextMessage().split(separator: "\"").map(String.init)
            // {"sid":"…","pid":"…"}
            let pid = try #require(strings.dropFirst(7).first)
            io.emit("news")
            let offset = try #require(try await session.nextMessage().split(separator: "\"").dropFirst(3).first)
            await session.close()
            try await server.wait(for: #"martlet_disconnects_total{reason="transport close"}"#, toBe: 1)
            let next = try await TestSession.open(.websocket, on: port)
            try await next.send(#"40{"pid":"\#(pid)","offset":"\#(offset)"}"#)
            let answer = try await next.nextMessage()
            #expect(answer.contains(pid), "\(answer)")
            try await server.wait(for: #"martlet_resumes_total{kind="recovery"}"#, toBe: 1)
            await next.close()
        }
    }

    @Test func oneLineObservesAServer() async throws {
        let metrics = PrometheusMetrics()
        let io = SocketIOServer()
        io.observe(metrics: metrics)
        let client = try await io.testClient()
        try await client.emit("something")
        try await eventually("a report") { try metrics.values()["martlet_events_received_total"] == 1 }
    }

    @Test func theLimitsOfConnectionsAreReported() async throws {
        let metrics = PrometheusMetrics()
        let server = MartletServer([.socketIO(SocketIOServer())])
        server.observe(metrics: metrics)
        for _ in 0..<2 { server.limits.exceeded(.connections) }
        try await eventually("a report") {
            try metrics.values()[#"martlet_limits_exceeded_total{limit="connections"}"#] == 2
        }
    }

    @Test func withoutASystemNothingIsObserved() throws {
        let io = SocketIOServer()
        io.observe(metrics: NOOPMetricsHandler.instance, tracer: NoOpTracer())
        _ = try ObservedServer(io)
    }
}

extension TransportName {
    fileprivate static let all = [TransportName.websocket, .sse, .polling]
}
