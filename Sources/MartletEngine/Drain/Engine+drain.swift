// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension Engine {
    /// Ends all sessions in good order, and returns when they have ended, when the time of ``EngineIOConfiguration/Drain``
    /// is over, or when the task is cancelled. From the beginning on no session can be opened.
    package func drain() async {
        self.stopOpening()
        let settings = self.configuration.drain
        guard settings.timeout > .zero, !Task.isCancelled else { return }
        let drains = self.allShards.map(ShardDrain.init)
        await withTaskCancellationHandler {
            var sessions = 0
            for drain in drains { sessions += await drain.collect() }
            let span = TimeAmount(settings.span(of: sessions))
            let limit = TimeAmount(settings.timeout)
            await withTaskGroup(of: Void.self) { group in
                for drain in drains { group.addTask { await drain.run(over: span, within: limit) } }
            }
        } onCancel: {
            for drain in drains { drain.stop() }
        }
    }
}
