// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTestSupport
import Metrics
import Testing
import Tracing

@testable import MartletObservability

/// A server whose metrics can be read at any moment.
struct ObservedServer {
    let io: SocketIOServer
    let metrics = PrometheusMetrics()
    private let observer: ServerObserver

    init(_ io: SocketIOServer, tracer: (any Tracer)? = nil) throws {
        self.io = io
        self.observer = ServerObserver(metrics: self.metrics, tracer: tracer, namespaces: io.namespaces.map(\.name))
        #expect(io.observe(with: self.observer))
    }

    /// The values of all series, by the name with the labels, after a report.
    func values() async throws -> [String: Double] {
        await self.observer.reporter?.report(self.io)
        return try self.metrics.values()
    }

    /// Reports until a series has a value.
    func wait(for series: String, toBe value: Double) async throws {
        try await eventually("\(series) to be \(value)") { try await self.values()[series] == value }
    }
}

extension PrometheusMetrics {
    func values() throws -> [String: Double] {
        var values: [String: Double] = [:]
        for line in self.text.split(separator: "\n") where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            let value: Double = try #require(Double(line[space...].dropFirst()))
            values[String(line[..<space])] = value
        }
        return values
    }
}
