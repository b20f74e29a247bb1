// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletAdmin

/// The sample of AdminPage.md.
enum AdminSamples {
    static func switchOn(_ io: SocketIOServer, token: String) throws -> MartletServer {
        let server = try MartletServer([.socketIO(io), .admin(io, token: token)])
        return server
    }
}
