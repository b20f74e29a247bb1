// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import MartletObservability
import Metrics
import Testing

/// Prometheus's text format 0.0.4.
struct PrometheusMetricsTests {
    @Test func eachKindIsWrittenInItsForm() {
        var buckets = PrometheusMetrics.Buckets()
        buckets.seconds = [1, 0.5]
        buckets.values = [10]
        let metrics = PrometheusMetrics(buckets: buckets, help: ["jobs_total": "Jobs\nof \\ all kinds."])
        Counter(label: "jobs_total", dimensions: [("kind", "a")], factory: metrics).increment(by: 2)
        Counter(label: "jobs_total", dimensions: [("kind", "a")], factory: metrics).increment()
        Gauge(label: "depth", factory: metrics).record(1.5)
        Meter(label: "level", factory: metrics).increment(by: 3)
        let timer = Timer(label: "wait_seconds", dimensions: [("queue", "x")], factory: metrics)
        for milliseconds in [250, 500, 750, 2000] { timer.recordMilliseconds(milliseconds) }
        Recorder(label: "size", factory: metrics).record(11)
        #expect(
            metrics.text == """
                # TYPE depth gauge
                depth 1.5
                # HELP jobs_total Jobs\\nof \\\\ all kinds.
                # TYPE jobs_total counter
                jobs_total{kind="a"} 3
                # TYPE level gauge
                level 3
                # TYPE size histogram
                size_bucket{le="10"} 0
                size_bucket{le="+Inf"} 1
                size_sum 11
                size_count 1
                # TYPE wait_seconds histogram
                wait_seconds_bucket{queue="x",le="0.5"} 2
                wait_seconds_bucket{queue="x",le="1"} 3
                wait_seconds_bucket{queue="x",le="+Inf"} 4
                wait_seconds_sum{queue="x"} 3.5
                wait_seconds_count{queue="x"} 4

                """
        )
    }

    @Test func namesAndLabelsAreMadeValid() {
        let metrics = PrometheusMetrics()
        Counter(label: "1.öa-b", dimensions: [("a:b", "\"\\\n\r\né")], factory: metrics).increment()
        #expect(metrics.text == "# TYPE _1__a_b counter\n_1__a_b{a_b=\"\\\"\\\\\\n\r\\né\"} 1\n")
    }

    @Test func aNameIsOfOneKind() {
        let metrics = PrometheusMetrics()
        Counter(label: "a", factory: metrics).increment()
        Gauge(label: "a", dimensions: [("b", "c")], factory: metrics).record(7)
        #expect(metrics.text == "# TYPE a counter\na 1\n")
    }

    @Test func whatIsDestroyedIsLeftOut() {
        let metrics = PrometheusMetrics()
        let counter = Counter(label: "a", factory: metrics)
        counter.increment()
        counter.destroy()
        #expect(metrics.text == "")
        counter.increment()
        Counter(label: "a", factory: metrics).increment()
        #expect(metrics.text == "# TYPE a counter\na 1\n")
    }

    @Test(arguments: TestHost.allCases)
    func theyAreServed(host: TestHost) async throws {
        let metrics = PrometheusMetrics()
        Counter(label: "a", factory: metrics).increment()
        try await withServer(host, [.metrics(metrics)]) { port in
            let connection = try await TestConnection.connect(to: port)
            let answer = try await connection.send("GET", "/metrics")
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.body == metrics.text)
            #expect(try await connection.send("POST", "/metrics").status == 405)
            await connection.close()
        }
    }
}
