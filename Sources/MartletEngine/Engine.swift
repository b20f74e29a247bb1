// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// All sessions under one path, spread over the event loops on which their connections were accepted.
package final class Engine: Sendable {
    package let configuration: EngineIOConfiguration
    private let shards: PerLoop<EngineShard>

    /// - Parameter makeHandler: makes what stands on top of a new session; called on the session's event loop.
    package init(
        configuration: EngineIOConfiguration,
        makeHandler: @escaping @Sendable (Session) -> any SessionHandler
    ) {
        self.configuration = configuration
        self.shards = PerLoop { eventLoop, index in
            EngineShard(
                eventLoop: eventLoop,
                index: index,
                configuration: configuration,
                makeHandler: makeHandler
            )
        }
    }

    /// The shard of an event loop, made when it is asked for the first time.
    package func shard(on eventLoop: any EventLoop) -> EngineShard {
        self.shards[eventLoop]
    }

    /// The shard that a session id names; `nil` when there is none.
    package func shard(of id: SessionID) -> EngineShard? {
        self.shards[id.shard]
    }

    /// All shards there are now.
    package var allShards: [EngineShard] { self.shards.all }
}
