// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletClientEngine
import MartletEngine
import NIOCore

extension Doctor {
    /// Socket.IO's clients begin with polling, and move to a WebSocket.
    mutating func checkUpgrade() async {
        var configuration = self.configuration
        configuration.transports = [.websocket, .polling]
        configuration.firstTransport = .polling
        configuration.wantsLossless = false
        let session = TrialSession()
        await session.open(self.address, configuration)
        let start = ContinuousClock.now
        do throws(ClientError) {
            try await self.wait(session, "the session stays on polling") { event in
                if case .moved(.websocket?) = event { true } else { false }
            }
            await session.close()
            self.report.add(
                .ok, "upgrade",
                "A session moves from polling to a WebSocket within \((ContinuousClock.now - start).text).")
        } catch {
            self.report.add(
                .failed, "upgrade",
                "A session cannot move from polling to a WebSocket: \(error.message). Do several servers stand behind this "
                    + "address? \(Self.sticky)")
        }
    }

    mutating func checkLossless(_ isLossless: Bool, _ names: [TransportName]) async {
        guard isLossless else {
            return self.report.add(
                .warning, "lossless",
                "The server grants no lossless session, as only Martlet does: what is under way when a connection breaks "
                    + "is lost.")
        }
        self.report.add(.ok, "lossless", "The session outlives its connections, and loses no message.")
        if names.count > 1 { await self.checkSwitching(names) }
    }

    private mutating func checkSwitching(_ names: [TransportName]) async {
        var configuration = self.configuration
        configuration.transports = names
        configuration.climbs = false
        let session = TrialSession()
        await session.open(self.address, configuration)
        do {
            try await self.wait(session, "no packet came in time") { event in
                if case .opened = event { true } else { false }
            }
            let start = ContinuousClock.now
            let path = names.dropFirst() + names.prefix(1)
            for name in path { try await session.switchTransport(to: name) }
            let time = (ContinuousClock.now - start).text
            let way = (names.prefix(1) + path).map(\.rawValue).joined(separator: " to ")
            self.report.add(.ok, "switching", "A session moves from \(way) in \(time).")
        } catch {
            self.report.add(
                .failed, "switching", "A session cannot change its transport. \(ToolFailure(error))")
        }
        await session.close()
    }

    // MARK: A page's origin

    mutating func checkOrigin(_ origin: String, _ names: [TransportName]) async {
        var request = RequestProbe.Request(names.contains(.polling) ? .polling : .websocket)
        request.fields = [("Origin", origin)]
        request.isUpgrade = request.transport == .websocket
        let advice =
            "Allow the origin in the server's settings for CORS; a proxy must not remove or repeat the fields."
        do throws(ClientError) {
            let answer = try await self.ask(request)
            if let open = Self.greeting(answer) { await self.leave(open.sid) }
            let allowed = answer.first("access-control-allow-origin")
            switch (answer.status, allowed) {
            case (101, _):
                self.report.add(
                    .ok, "cors", "A page of \(origin) may connect by WebSocket, the only transport that was asked.")
            case (200, origin?), (200, "*"?):
                let withCookies = answer.first("access-control-allow-credentials") == "true" ? ", with cookies" : ""
                self.report.add(.ok, "cors", "A page of \(origin) may connect\(withCookies).")
            case (200, let other?):
                self.report.add(
                    .failed, "cors", "A page of \(origin) may not connect: the server allows \(other). \(advice)")
            case (200, nil) where origin == self.address.description:
                self.report.add(.ok, "cors", "\(origin) is the server's own origin: its pages may connect.")
            default:
                let status = answer.status == 200 ? "" : " (the status is \(answer.status))"
                self.report.add(
                    .failed, "cors",
                    "A page of \(origin) may not connect: the answer names no origin that may\(status). \(advice)")
            }
        } catch {
            self.report.add(.failed, "cors", ToolFailure(connection: error).description)
        }
    }
}
