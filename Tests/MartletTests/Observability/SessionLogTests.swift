// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import Logging
import MartletEngine
import MartletEvents
import MartletTestSupport
import Testing

/// What the log says of sessions and sockets.
struct SessionLogTests {
    private let log = RecordedLog()

    private func server(_ level: Logger.Level) -> SocketIOServer {
        let io = SocketIOServer(
            logger: ThrottledLogger(self.log.logger(level)), log: SessionLog(self.log.logger(level)))
        io.on("throw") { (_: Socket) throws in throw TestFailure.ended }
        return io
    }

    @Test func beginningsAndEndsAreLoggedAtDebug() async throws {
        let io = self.server(.trace)
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.open(.websocket, on: port)
            try await session.send("40")
            _ = try await session.nextMessage()
            let socket = try #require(await io.sockets().first).id
            try await session.send(#"42["nothing","of","this"]"#)
            await session.close()
            try await eventually("the end") { self.log.all.count >= 4 }
            let id = await session.sid.prefix(6)
            #expect(
                self.log.all == [
                    "debug: session opened session=\(id) transport=websocket",
                    "debug: socket joined namespace=/ session=\(id) socket=\(socket) transport=websocket",
                    "debug: session closed reason=transport close session=\(id) transport=websocket",
                    "debug: socket left namespace=/ reason=transport close session=\(id) socket=\(socket) "
                        + "transport=websocket",
                ]
            )
        }
    }

    @Test func fromInfoUpwardsThereAreFailuresOnly() async throws {
        let io = self.server(.info)
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.open(.websocket, on: port)
            try await session.send("40")
            _ = try await session.nextMessage()
            let socket = try #require(await io.sockets().first).id
            try await session.send(#"42["throw"]"#)
            try await eventually("a line") { !self.log.all.isEmpty }
            await session.close()
            let lines = self.log.all
            #expect(
                lines == [
                    "error: ended in 'throw' of Socket(/ \(socket)) event=throw namespace=/ socket=\(socket)"
                ]
            )
        }
    }

    @Test func refusedHandshakesAreLoggedWithTheirCauseOnly() {
        let refused = RefusedHandshakes(ThrottledLogger(self.log.logger(.info)))
        refused.count(.forbidden(message: "the secret"), transport: .polling)
        refused.count(.badRequest, transport: nil)
        #expect(
            self.log.all == [
                "info: a handshake was refused reason=forbidden transport=polling"
            ]
        )
        #expect(refused.byCause == ["forbidden": 1, "bad request": 1])
    }
}
