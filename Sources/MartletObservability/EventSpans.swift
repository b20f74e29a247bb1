// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import Tracing

/// The spans of events, named and described as OpenTelemetry's conventions for messaging have it. What a handler does is
/// within its span.
struct EventSpans: Sendable {
    private let tracer: any Tracer

    init(_ tracer: any Tracer) {
        self.tracer = tracer
    }

    func process(_ event: String, of socket: Socket, _ body: () throws -> Bool) throws -> Bool {
        let span = self.begin(event, of: socket)
        defer { span.end() }
        do {
            return try ServiceContext.withValue(span.context) { try body() }
        } catch {
            Self.fail(span, error)
            throw error
        }
    }

    func process(
        _ event: String,
        of socket: Socket,
        suspending body: () async throws -> Bool
    ) async throws -> Bool {
        let span = self.begin(event, of: socket)
        defer { span.end() }
        do {
            return try await ServiceContext.withValue(span.context) { try await body() }
        } catch {
            Self.fail(span, error)
            throw error
        }
    }

    /// The span is over when the event is on its way: other event loops, and other servers, send it a little later.
    func send(_ event: String, in namespace: Namespace, _ body: () -> Void) {
        let span = self.tracer.startSpan("send \(event)", ofKind: .producer)
        defer { span.end() }
        Self.describe(span, "send", event, in: namespace)
        ServiceContext.withValue(span.context) { body() }
    }

    private func begin(_ event: String, of socket: Socket) -> any Span {
        let span = self.tracer.startSpan("process \(event)", ofKind: .consumer)
        Self.describe(span, "process", event, in: socket.namespace)
        span.attributes["martlet.socket.id"] = socket.id
        return span
    }

    private static func describe(_ span: any Span, _ operation: String, _ event: String, in namespace: Namespace) {
        span.attributes["messaging.system"] = "socket.io"
        span.attributes["messaging.operation.name"] = operation
        span.attributes["messaging.destination.name"] = namespace.name
        span.attributes["martlet.event"] = event
    }

    private static func fail(_ span: any Span, _ error: any Error) {
        span.recordError(error)
        span.setStatus(SpanStatus(code: .error))
    }
}
