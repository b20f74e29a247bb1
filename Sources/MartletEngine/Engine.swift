// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// All sessions under one path, spread over the event loops on which their connections were accepted.
package final class Engine: Sendable {
    package let configuration: EngineIOConfiguration
    private let shards: PerLoop<EngineShard>
    let relocations: Relocations

    /// - Parameter makeHandler: makes the handler of a new session; called on the session's event loop.
    package init(
        configuration: EngineIOConfiguration,
        makeHandler: @escaping @Sendable (Session) -> any SessionHandler
    ) {
        self.configuration = configuration
        let relocations = Relocations()
        self.relocations = relocations
        self.shards = PerLoop { eventLoop, index in
            EngineShard(
                eventLoop: eventLoop,
                index: index,
                configuration: configuration,
                relocations: relocations,
                makeHandler: makeHandler
            )
        }
    }

    /// The shard of an event loop, made at the first call for that loop.
    package func shard(on eventLoop: any EventLoop) -> EngineShard {
        self.shards[eventLoop]
    }

    /// The shard of a session that came from another server, else the shard that the session id names; `nil` when it
    /// does not exist.
    package func shard(of id: SessionID) -> EngineShard? {
        self.shards[self.relocations.shard(of: id) ?? id.shard]
    }

    /// All shards made so far.
    package var allShards: [EngineShard] { self.shards.all }
}
