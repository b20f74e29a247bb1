// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet
internal import ServiceLifecycle

/// Sends an event of the server's own to everybody, every so often, while anybody is there. Stops with the server.
struct TourClock: Service {
    let tour: Namespace
    let interval: Duration

    func run() async {
        await cancelWhenGracefulShutdown {
            var count = 0
            while (try? await Task.sleep(for: self.interval)) != nil {
                guard await self.tour.socketCount() > 0 else { continue }
                count += 1
                self.tour.emit(Tour.response, TourResponse(data: "Server generated event", count: count))
            }
        }
    }
}
