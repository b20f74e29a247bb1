// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
public import Martlet
internal import NIOCore

extension MartletServer.Mount {
    /// Answers a Prometheus server with all metrics, in its text format 0.0.4.
    ///
    /// Who may read the metrics learns how much the server is used. Serve them where only the monitoring reaches them: on a
    /// port of their own, by a second `MartletServer`, or behind a proxy that keeps the path to itself.
    /// - Parameters:
    ///   - metrics: the metrics system of the process.
    ///   - path: the path that answers.
    public static func metrics(_ metrics: PrometheusMetrics, path: String = "/metrics") -> MartletServer.Mount {
        .endpoint(MetricsEndpoint(metrics: metrics, path: path))
    }
}

private struct MetricsEndpoint: Endpoint {
    let metrics: PrometheusMetrics
    let path: String
    var maxBodySize: Int { 0 }

    func respond(to request: HTTPRequest, body: ByteBuffer) -> MartletServer.Reply {
        guard request.method == .get || request.method == .head else {
            // RFC 9110, 15.5.6.
            return MartletServer.Reply(status: .methodNotAllowed, headerFields: [.allow: "GET, HEAD"])
        }
        return MartletServer.Reply(
            status: .ok,
            headerFields: [.contentType: PrometheusText.contentType],
            body: ByteBuffer(string: self.metrics.text)
        )
    }
}
