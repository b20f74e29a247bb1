// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents

/// Which server an admin speaks with.
struct ServerIdentity: Encodable, Sendable {
    let host: String?
    let process: Int
    /// Its id in its cluster; none without a cluster.
    let node: String?

    init(_ server: SocketIOServer) {
        self.host = ProcessUse.hostName
        self.process = ProcessUse.processID
        self.node = server.clusterNode?.id
    }
}
