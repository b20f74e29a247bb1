// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Martlet
import MartletAdmin

/// The samples of README.md and AdminPage.md; that they work is what the demo's own tests show.
enum EmbeddingSample {
    static func embed(
        _ io: SocketIOServer,
        in router: Router<BasicRequestContext>
    ) -> Application<RouterResponder<BasicRequestContext>> {
        let application = Application(
            router: router,
            server: .http1(configuration: .init(additionalChannelHandlers: [io.channelHandler()]))
        )
        return application
    }

    static func embedWithAdmins(
        _ io: SocketIOServer,
        in router: Router<BasicRequestContext>,
        token: String
    ) throws -> Application<RouterResponder<BasicRequestContext>> {
        let admin = try MartletServer.Mount.admin(io, token: token)
        let application = Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [MartletServer.channelHandler([.socketIO(io), admin])]
                )
            )
        )
        return application
    }
}
