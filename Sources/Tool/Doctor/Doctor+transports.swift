// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletClientEngine
import MartletEngine
import NIOCore

/// A transport that works.
struct Trial {
    let transport: TransportName
    var isLossless = false
    /// Until the first packet came.
    var opening = Duration.zero
    /// Each from a packet that was sent to the answer.
    var trips: [Duration] = []

    var slowestTrip: Duration { self.trips.max() ?? .zero }
    var fastestTrip: Duration { self.trips.min() ?? .zero }
}

extension Doctor {
    private static let trips = 3
    /// Nobody has it, so that no handler of an application is called: the server refuses it at once.
    private static let unknownNamespace = "/martlet-doctor"
    /// How much longer than with polling an answer may take on a stream.
    private static let latest = Duration.milliseconds(100)

    /// - Parameter first: the first transport that works.
    mutating func checkTransport(_ name: TransportName, beside first: Trial?) async -> Trial? {
        do throws(ClientError) {
            let trial = try await self.tryTransport(name)
            let times = "Open after \(trial.opening.text), answers within \(trial.slowestTrip.text)"
            if name == .sse, let first, trial.fastestTrip > first.slowestTrip + Self.latest {
                self.report.add(
                    .warning, "sse",
                    "\(times), but within \(first.slowestTrip.text) with \(first.transport): something collects the stream "
                        + "before it passes it on. \(Self.unbuffered)")
            } else if name == .websocket {
                self.report.add(.ok, "websocket", "\(times); \(await self.compression()).")
            } else {
                self.report.add(.ok, name.rawValue, "\(times).")
            }
            return trial
        } catch {
            self.failed(name, error, beside: first)
            return nil
        }
    }

    private func tryTransport(_ name: TransportName) async throws(ClientError) -> Trial {
        var configuration = self.configuration
        configuration.transports = [name]
        configuration.climbs = false
        let session = TrialSession()
        let start = ContinuousClock.now
        await session.open(self.address, configuration)
        var trial = Trial(transport: name)
        try await self.wait(session, "no packet came in time") { event in
            if case .opened = event { true } else { false }
        }
        trial.opening = ContinuousClock.now - start
        trial.isLossless = await session.isLossless
        for _ in 0..<Self.trips {
            let start = ContinuousClock.now
            await session.send("0\(Self.unknownNamespace),")
            try await self.wait(session, "it opens, and then the answers do not come") { event in
                if case .text(let text) = event { text.dropFirst().hasPrefix(Self.unknownNamespace) } else { false }
            }
            trial.trips.append(ContinuousClock.now - start)
        }
        await session.close()
        return trial
    }

    /// Waits for an event of a session.
    /// - Throws: why the session has ended, or that the event did not come in time.
    func wait(
        _ session: TrialSession,
        _ otherwise: String,
        for isWanted: (TrialSession.Event) -> Bool
    ) async throws(ClientError) {
        // Opening has this limit, too, and knows better why nothing came.
        let limit = self.timeout + .seconds(1)
        while true {
            let event = await session.next(within: limit)
            if isWanted(event) { return }
            switch event {
            case .ended(let reason) where reason.error?.code == .timeout: throw ClientError(.timeout, otherwise)
            case .ended(let reason):
                throw reason.error ?? ClientError(.connectionLost, "the server has ended the session")
            case .overdue:
                await session.close()
                throw ClientError(.timeout, otherwise)
            case .opened, .moved, .text: continue
            }
        }
    }

    // MARK: What is wrong

    private static let unbuffered =
        "Switch off its buffering for this path (nginx: proxy_buffering off), or let it heed X-Accel-Buffering."

    static let sticky =
        "Let all requests of a session reach the same one (sticky sessions), or let Martlet's servers forward them."

    private mutating func failed(_ name: TransportName, _ error: ClientError, beside first: Trial?) {
        let works = first.map { " while \($0.transport) works" } ?? ""
        switch name {
        // A proxy may be what answers an upgrade with 400.
        case _ where error.isUnknownTransport && (name != .websocket || error.detail == 0):
            let note = name == .sse ? ", as only Martlet does. Where WebSockets are blocked, long polling is left" : ""
            self.report.add(.warning, name.rawValue, "The server does not offer it\(note).")
        case _ where error.code == .sessionUnknown:
            self.report.add(
                .failed, name.rawValue,
                "A request came to a server that does not know the session: several stand behind this address. \(Self.sticky)"
            )
        case .sse where error.code == .timeout:
            self.report.add(
                .failed, "sse",
                "Nothing of the stream came in time\(works): something collects it before it passes it on. "
                    + Self.unbuffered)
        case .websocket where first != nil && error.code != .tls && error.code != .notConnected:
            let what =
                error.status.map { "The upgrade was answered with the status \($0)" }
                ?? "The upgrade failed (\(error.message))"
            self.report.add(
                .failed, "websocket",
                "\(what)\(works): a proxy or firewall on the way does not pass WebSockets on, or the server has none. Let "
                    + "the proxy speak HTTP/1.1 to the server, and pass the fields Upgrade and Connection on.")
        default: self.report.add(.failed, name.rawValue, ToolFailure(connection: error).description)
        }
    }

    /// What the server says to an offer of compression (RFC 7692).
    private func compression() async -> String {
        var request = RequestProbe.Request(.websocket)
        request.isUpgrade = true
        guard let answer = try? await self.ask(request), answer.status == 101 else { return "compression is unknown" }
        let isAgreed = answer.first("sec-websocket-extensions")?.contains("permessage-deflate") ?? false
        return isAgreed ? "messages are compressed" : "messages are not compressed"
    }
}
