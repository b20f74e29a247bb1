// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletClientEngine
import MartletEngine
import NIOCore
import NIOPosix

/// Looks for what keeps a client from a server, one check after the other.
struct Doctor {
    let address: ServerAddress
    let namespace: String
    let auth: String
    /// For all that it opens.
    let configuration: ClientSessionConfiguration
    let transports: [TransportName]
    let timeout: TimeAmount
    var report = DoctorReport()
    /// The time between two pings of the server.
    private(set) var pingInterval = Duration.seconds(25)

    init(_ options: ConnectionOptions) throws {
        self.address = try options.address()
        self.namespace = options.namespace ?? self.address.namespace
        self.auth = options.auth.map { "\($0.argument)" } ?? ""
        self.configuration = try options.sessionConfiguration()
        // Polling says what the others are compared with.
        self.transports = options.transport.map { [$0] } ?? [.polling, .sse, .websocket]
        self.timeout = self.configuration.openTimeout
    }

    /// - Parameters:
    ///   - origin: that of a page; nil: none is asked about.
    ///   - idle: how many seconds to leave connections without traffic; nil: not at all.
    mutating func examine(origin: String?, idle: Int?) async {
        guard await self.checkServer() else { return }
        var trials: [Trial] = []
        for name in self.transports {
            if let trial = await self.checkTransport(name, beside: trials.first) { trials.append(trial) }
        }
        let names = trials.map(\.transport)
        if names.contains(.polling), names.contains(.websocket) { await self.checkUpgrade() }
        if let trial = trials.first { await self.checkLossless(trial.isLossless, names) }
        if let origin { await self.checkOrigin(origin, names) }
        if let idle, !names.isEmpty { await self.checkIdle(.seconds(Int64(idle)), names) }
    }

    func ask(_ request: RequestProbe.Request) async throws(ClientError) -> RequestProbe.Answer {
        do {
            return try await RequestProbe.send(
                request, to: self.address, configuration: self.configuration, within: self.timeout,
                on: MultiThreadedEventLoopGroup.singleton.next()
            ).get()
        } catch let error as ClientError {
            throw error
        } catch {
            throw ClientError(.connectionLost, "the request failed")
        }
    }

    // MARK: The server

    /// Whether there is a Socket.IO server.
    private mutating func checkServer() async -> Bool {
        let answer: RequestProbe.Answer
        do throws(ClientError) {
            answer = try await self.ask(.init(.polling))
        } catch {
            self.report.add(.failed, "server", ToolFailure(connection: error).description)
            return false
        }
        let body = String(decoding: answer.body.readableBytesView, as: UTF8.self)
        guard answer.status == 200 else { return self.refused(answer, body) }
        // Engine.IO 3 has the packet's length before it.
        if let colon = body.firstIndex(of: ":"), body[..<colon].allSatisfy(\.isNumber),
            body[colon...].hasPrefix(":0{")
        {
            self.report.add(
                .failed, "server",
                "It speaks Engine.IO 3, which is Socket.IO 2: update the server to Socket.IO 3 or later.")
            return false
        }
        guard let open = Self.greeting(answer) else {
            let type = answer.first("content-type").map { " (\($0))" } ?? ""
            self.report.add(
                .failed, "server",
                "What answers at \(self.address.path) is no Socket.IO server\(type): --path names the place where it is "
                    + "mounted.")
            return false
        }
        self.pingInterval = .milliseconds(max(1, open.pingInterval))
        self.describe(open)
        await self.leave(open.sid)
        return true
    }

    /// The open packet that is the answer to the first request of a session.
    static func greeting(_ answer: RequestProbe.Answer) -> EngineOpen? {
        var body = answer.body
        guard answer.status == 200, body.readInteger() == UInt8(ascii: "0") else { return nil }
        return try? EngineOpen(json: body)
    }

    /// Ends a session that a request by itself has opened.
    func leave(_ sid: String) async {
        var request = RequestProbe.Request(.polling)
        request.sid = sid
        request.body = ByteBuffer(string: "1")
        _ = try? await self.ask(request)
    }

    private mutating func refused(_ answer: RequestProbe.Answer, _ body: String) -> Bool {
        let error = ClientError.answer(
            status: answer.status, body: body, location: answer.first("location"),
            retryAfter: answer.first("retry-after"), path: self.address.path)
        if answer.status == 400, body.lowercased().contains("transport") {
            self.report.add(.ok, "server", "It speaks Engine.IO, and offers no long polling.")
            return true
        }
        self.report.add(.failed, "server", ToolFailure(connection: error).description)
        return false
    }

    private mutating func describe(_ open: EngineOpen) {
        let pings = "a ping every \(open.pingInterval.seconds), with \(open.pingTimeout.seconds) for the answer"
        let size = open.maxPayload > 0 ? "; messages up to \(open.maxPayload.grouped) bytes" : ""
        guard open.pingInterval < 60_000 else {
            return self.report.add(
                .warning, "server",
                "It speaks Engine.IO 4: \(pings)\(size). Many proxies cut a connection that is silent for 60 seconds: let "
                    + "it ping more often.")
        }
        self.report.add(.ok, "server", "It speaks Engine.IO 4: \(pings)\(size).")
    }
}

extension ClientError {
    /// Whether a Socket.IO server does not have the transport that the request asks for. Not all servers say so by
    /// Engine.IO's code.
    var isUnknownTransport: Bool { self.status == 400 && (self.detail == 0 || self.detail == nil) }
}

extension Int {
    /// So many milliseconds, in seconds.
    fileprivate var seconds: String { self % 1000 == 0 ? "\(self / 1000) s" : "\(Double(self) / 1000) s" }
}
