// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletObservability
import Metrics

/// The samples of Observability.md.
enum ObservabilitySamples {
    static func observe(_ io: SocketIOServer) {
        io.observe()
    }

    static func prometheus() -> MartletServer {
        let metrics = PrometheusMetrics()
        MetricsSystem.bootstrap(metrics)
        let io = SocketIOServer()
        io.observe()
        let server = MartletServer([.socketIO(io), .metrics(metrics)])
        return server
    }
}
