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

    /// Calls a handler within a span of its own.
    func process<Value>(_ event: HandledEvent, _ body: () throws -> Value) throws -> Value {
        let span = self.begin(event)
        defer { span.end() }
        do {
            return try ServiceContext.withValue(span.context) { try body() }
        } catch {
            Self.fail(span, error)
            throw error
        }
    }

    /// Calls a handler that may suspend within a span of its own.
    func process<Value>(_ event: HandledEvent, suspending body: () async throws -> Value) async throws -> Value {
        let span = self.begin(event)
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

    /// The caller's trace, for another server; `nil` if there is none.
    var traceContext: [String: String]? {
        guard let context = ServiceContext.current else { return nil }
        var fields: [String: String] = [:]
        self.tracer.inject(context, into: &fields, using: FieldCarrier())
        return fields.isEmpty ? nil : fields
    }

    private func begin(_ event: HandledEvent) -> any Span {
        var context = ServiceContext.current ?? .topLevel
        if let fields = event.traceContext { self.tracer.extract(fields, into: &context, using: FieldCarrier()) }
        let span = self.tracer.startSpan("process \(event.name)", context: context, ofKind: .consumer)
        Self.describe(span, "process", event.name, in: event.namespace)
        if let id = event.socketID { span.attributes["martlet.socket.id"] = id }
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

/// Lets an instrument write header fields into a dictionary, and read them there.
private struct FieldCarrier: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into fields: inout [String: String]) { fields[key] = value }

    func extract(key: String, from fields: [String: String]) -> String? { fields[key] }
}
