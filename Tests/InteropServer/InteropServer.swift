// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Logging
import Martlet
import MartletAdmin
import MartletMessagePack
import MartletObservability
import MartletTLS
import Metrics

/// A server for tests and measurements by other programs: conformance suites, foreign clients, load generators.
@main
struct InteropServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interop-server",
        abstract: "A Martlet server for other programs to test and measure."
    )

    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "The port to listen on; 0 picks a free one.") var port = 3000
    @Option(help: "Milliseconds from an answered ping to the next.") var pingInterval = 25000
    @Option(help: "Milliseconds that a ping may stay without an answer.") var pingTimeout = 20000
    @Option(help: "Milliseconds that a connection may be without a namespace.") var connectTimeout = 45000
    @Option(help: "Milliseconds that an upgrade may take.") var upgradeTimeout = 10000
    @Option(help: "The largest message in bytes.") var maxPayload = 1_000_000
    @Option(help: "How many bytes may wait for one client.") var unsentLimit = 16 << 20
    @Option(help: "How many bytes of events may wait for handlers, and of attachments for their packet.")
    var waitingLimit = 4 << 20
    @Option(help: "The allowed transports, separated by commas.") var transports = "websocket,sse,polling"
    @Option(help: "The form of packets, json or msgpack.") var parser = "json"
    @Flag(help: "Offer compression on WebSockets.") var permessageDeflate = false
    @Option(help: "Messages shorter than so many bytes are not compressed.") var deflateThreshold = 1024
    @Flag(help: "Compress with what earlier messages of a connection said.") var deflateContextTakeover = false
    @Option(help: "An origin from which pages may connect; repeatable; * for all.") var cors: [String] = []
    @Option(help: "The address or network of a proxy that is believed; repeatable.") var trustedProxy: [String] = []
    @Option(help: "A WebSocket subprotocol that is agreed on, instead of the first offered; repeatable.")
    var subprotocol: [String] = []
    @Option(help: "How many event loops.") var threads = System.coreCount
    @Option(help: "Milliseconds that a lossless session is kept without a transport.") var resumeTimeout = 30000
    @Option(help: "Milliseconds that a lost connection's state is kept.") var recovery: Int?
    @Option(help: "The URL of the Redis of a cluster.") var redis: String?
    @Option(help: "classic, beside servers of Node's, sharded, or streams: recovery is the cluster's.")
    var redisMode: String?
    @Option(help: "Milliseconds after which a silent server of the cluster counts as dead.") var nodeTimeout = 10000
    @Option(help: "The channel of python-socketio's Redis manager.") var pythonChannel: String?
    @Option(help: "Where other nodes of a cluster reach this one.") var nodeAddress: String?
    @Option(help: "What the nodes of a cluster know each other by.") var clusterSecret: String?
    @Option(help: "The NATS of a cluster.") var nats: String?
    @Option(help: "The file with the certificate for TLS.") var tlsCertificate: String?
    @Option(help: "The file with the certificate's key.") var tlsKey: String?
    @Option(help: "The file with the certificates of those who vouch for clients.") var tlsClientCa: String?
    @Flag(help: "Take HTTP/2 also on plain connections.") var h2c = false
    @Flag(help: "Serve metrics for Prometheus under /metrics.") var metrics = false
    @Option(help: "What admins must know; without it there is no page for them.") var adminToken: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel = "notice"

    func validate() throws {
        #if !Compression
        if self.permessageDeflate { throw ValidationError("--permessage-deflate: built without compression.") }
        #endif
        try self.validateCluster()
        try self.validateTLS()
        guard 0...65535 ~= self.port else { throw ValidationError("--port: \(self.port) is not a port.") }
        if Logger.Level(rawValue: self.logLevel) == nil {
            throw ValidationError("--log-level: there is no level '\(self.logLevel)'.")
        }
        do {
            _ = try TrustedProxies(self.trustedProxy)
        } catch {
            throw ValidationError("--trusted-proxy: \(error).")
        }
        guard Self.parsers[self.parser] != nil else {
            throw ValidationError("--parser: there is no parser '\(self.parser)'.")
        }
        for name in self.transports.split(separator: ",") where !["websocket", "sse", "polling"].contains(name) {
            throw ValidationError("--transports: there is no transport '\(name)'.")
        }
    }

    private static let parsers = ["json": Parser.json, "msgpack": Parser.messagePack]

    func run() async throws {
        let logLevel = Logger.Level(rawValue: self.logLevel) ?? .notice
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = logLevel
            return handler
        }
        // Before anything makes a metric.
        let metrics = self.metrics ? PrometheusMetrics() : nil
        if let metrics { MetricsSystem.bootstrap(metrics) }
        let configuration = try self.serverConfiguration()
        let io = SocketIOServer(configuration: configuration)
        InteropEvents.install(on: io)
        io.observe()
        let leaveCluster = try self.enterCluster(io)
        var engineConfiguration = configuration.engine
        engineConfiguration.path = "/engine.io/"
        let engine = EngineIOServer(configuration: engineConfiguration) { session in
            session.onText { session.send(text: $0) }
            session.onBinary { session.send(binary: $0) }
        }
        var webSocketConfiguration = WebSocketServer.Configuration()
        webSocketConfiguration.maxMessageSize = max(self.maxPayload, 32 << 20)
        webSocketConfiguration.perMessageDeflate = configuration.perMessageDeflate
        webSocketConfiguration.cors = configuration.cors
        webSocketConfiguration.trustedProxies = configuration.trustedProxies
        webSocketConfiguration.subprotocols = self.subprotocol
        let webSocket = WebSocketServer(path: "/ws-echo", configuration: webSocketConfiguration) { socket in
            socket.onText { socket.send(text: $0) }
            socket.onBinary { socket.send(binary: $0) }
        }
        var mounts: [MartletServer.Mount] = [.socketIO(io), .engineIO(engine), .webSocket(webSocket), .health()]
        if let metrics { mounts.append(.metrics(metrics)) }
        if let token = self.adminToken { mounts.append(try .admin(io, token: token)) }
        var serverConfiguration = MartletServer.Configuration(host: self.host, port: self.port, threads: self.threads)
        let tls = try self.serverTLS()
        serverConfiguration.tls = tls
        serverConfiguration.http2.allowsPlaintext = self.h2c
        let server = MartletServer(
            mounts,
            configuration: serverConfiguration,
            responder: { await Self.respond(to: $0, io) },
            onListening: { address in
                let host = self.host.contains(":") ? "[\(self.host)]" : self.host
                print("listening on \(tls == nil ? "http" : "https")://\(host):\(address.port ?? self.port)")
                FileHandleFlush.standardOutput()
            }
        )
        try await server.runUntilSignal()
        await leaveCluster?()
    }

    private func serverConfiguration() throws -> SocketIOConfiguration {
        var configuration = SocketIOConfiguration()
        configuration.pingInterval = .milliseconds(self.pingInterval)
        configuration.pingTimeout = .milliseconds(self.pingTimeout)
        configuration.connectTimeout = .milliseconds(self.connectTimeout)
        configuration.upgradeTimeout = .milliseconds(self.upgradeTimeout)
        configuration.trustedProxies = try TrustedProxies(self.trustedProxy)
        configuration.subprotocols = self.subprotocol.isEmpty ? nil : self.subprotocol
        configuration.maxPayload = self.maxPayload
        configuration.unsentLimit = self.unsentLimit
        configuration.maxWaitingEventBytes = self.waitingLimit
        configuration.maxAttachmentBytes = self.waitingLimit
        configuration.resume?.timeout = .milliseconds(self.resumeTimeout)
        configuration.transports = Set(
            self.transports.split(separator: ",").map { TransportName(rawValue: String($0)) }
        )
        configuration.parser = Self.parsers[self.parser] ?? .json
        if let recovery = self.recovery {
            configuration.connectionStateRecovery = ConnectionStateRecovery()
            configuration.connectionStateRecovery?.maxDisconnectionDuration = .milliseconds(recovery)
        }
        #if Compression
        if self.permessageDeflate {
            var deflate = PerMessageDeflate()
            deflate.threshold = self.deflateThreshold
            deflate.serverNoContextTakeover = !self.deflateContextTakeover
            deflate.clientNoContextTakeover = !self.deflateContextTakeover
            configuration.perMessageDeflate = deflate
        }
        #endif
        if self.cors.contains("*") {
            configuration.cors = CORSConfiguration(allowedOrigins: .any)
        } else if !self.cors.isEmpty {
            configuration.cors = CORSConfiguration(allowedOrigins: .only(Set(self.cors)), allowsCredentials: true)
        }
        return configuration
    }

    private static func respond(to request: HTTPRequest, _ io: SocketIOServer) async -> MartletServer.Reply? {
        guard request.method == .get else { return nil }
        guard request.path == "/stats" else { return nil }
        return .init(
            status: .ok,
            headerFields: [.contentType: "application/json"],
            body: ByteBuffer(string: await InteropEvents.statistics(of: io))
        )
    }
}
