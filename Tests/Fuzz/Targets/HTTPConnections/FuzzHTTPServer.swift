// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import Logging
import MartletEngine
import MartletEvents
import NIOCore
import NIOEmbedded

@testable import Martlet

/// A standalone server whose connections are in memory, and whose time passes when it is told to.
final class FuzzHTTPServer {
    private let eventLoop = EmbeddedEventLoop()
    private let io = SocketIOServer()
    private let loop: ServerLoop
    private let connections: ServerConnections

    /// Longer than anything waits: pings, sessions without a transport, heads, bodies, connections without a request.
    private static let longTime = TimeAmount.minutes(10)

    init() {
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        self.io.onError { _ in }
        self.io.onConnection { socket in
            socket.on("echo") { (text: String) in text }
            socket.on("say") { (text: String) in socket.emit("said", text) }
        }
        let mounts: [MartletServer.Mount] = [.socketIO(self.io), .health()]
        let endpoints: [any HTTPEndpoint] = mounts.map(\.endpoint) + [FallbackEndpoint(responder: nil)]
        for endpoint in endpoints { endpoint.serves(on: [self.eventLoop]) }
        self.loop = ServerLoop(eventLoop: self.eventLoop)
        self.connections = ServerConnections(
            endpoints, MartletServer.Configuration(threads: 1), self.loop, LimitReporter(nil))
    }

    /// What a connection answers to pieces of bytes.
    func answer(to pieces: [[UInt8]]) -> [UInt8] {
        let channel = self.connect()
        for piece in pieces where channel.isActive {
            // Errors of the pipeline are the server's to answer.
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
            self.eventLoop.run()
        }
        let output = Self.output(of: channel)
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        self.eventLoop.run()
        self.eventLoop.advanceTime(by: Self.longTime)
        check(!channel.isActive, "the connection is still open")
        _ = Self.output(of: channel)
        return output
    }

    private func connect() -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: self.eventLoop)
        channel.remoteAddress = must("an address") { try SocketAddress(ipAddress: "192.0.2.1", port: 1) }
        must("a connection") {
            try self.loop.opened(channel)
            try self.connections.serveHTTP1(on: channel, isFirst: true)
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.2", port: 80)).wait()
        }
        return channel
    }

    private static func output(of channel: EmbeddedChannel) -> [UInt8] {
        var output: [UInt8] = []
        while let bytes = must("bytes", { try channel.readOutbound(as: ByteBuffer.self) }) {
            output += bytes.readableBytesView
        }
        return output
    }

    /// Opens a session, for requests that name one.
    func openSession() -> String {
        let request = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let channel = self.connect()
        _ = must("a request") { try channel.writeInbound(ByteBuffer(string: request)) }
        self.eventLoop.run()
        let answer = String(decoding: Self.output(of: channel), as: UTF8.self)
        channel.close(promise: nil)
        self.eventLoop.run()
        let rest = answer.split(separator: #""sid":""#).last ?? ""
        let id = String(rest.prefix { $0 != "\"" })
        check(answer.hasPrefix("HTTP/1.1 200 ") && !id.isEmpty, answer)
        return id
    }

    /// Nothing is left of connections and sessions once their time is over.
    func checkNothingIsLeft() {
        self.eventLoop.advanceTime(by: Self.longTime)
        let sessions = self.io.engine.shard(on: self.eventLoop).allSessions.count
        check(sessions == 0, "\(sessions) sessions are left")
        check(self.loop.isEmpty, "connections are left")
    }
}
