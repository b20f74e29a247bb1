// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
package import NIOCore
internal import NIOHTTP1

/// Sets up the accepted connections of a server on which clients do not only speak plain HTTP/1.1.
package protocol ConnectionSetup: Sendable {
    /// Called on the channel's event loop, before anything is read.
    func setUp(_ channel: any Channel, _ connections: ServerConnections) throws
}

/// Serves the connections of a ``MartletServer`` on one event loop. Used there only.
package struct ServerConnections: Sendable {
    private let endpoints: [any HTTPEndpoint]
    private let limits: RequestHeadLimiter.Limits
    /// How many requests are answered on a connection.
    package let maxRequests: Int
    let loop: ServerLoop
    private let reporter: LimitReporter

    init(
        _ endpoints: [any HTTPEndpoint],
        _ configuration: MartletServer.Configuration,
        _ loop: ServerLoop,
        _ reporter: LimitReporter
    ) {
        self.endpoints = endpoints
        self.limits = RequestHeadLimiter.Limits(
            size: configuration.maxHeadSize,
            time: TimeAmount(configuration.headTimeout),
            bodyTime: TimeAmount(configuration.bodyTimeout),
            idleTime: TimeAmount(configuration.idleTimeout)
        )
        self.maxRequests = configuration.maxRequestsPerConnection ?? .max
        self.loop = loop
        self.reporter = reporter
    }

    package var maxHeadSize: Int { self.limits.size }
    package var headTime: TimeAmount { self.limits.time }
    package var bodyTime: TimeAmount { self.limits.bodyTime }
    package var idleTime: TimeAmount { self.limits.idleTime }
    package var timers: LoopTimers { self.loop.timers }
    /// The value of `Date`, see ``HTTPClock``.
    package var date: String { self.loop.clock.date() }

    /// Serves a connection that speaks HTTP/1.1.
    /// - Parameters:
    ///   - isFirst: whether no handler reads before.
    ///   - isSecure: whether the connection is encrypted. What is written to another goes to the socket directly.
    package func serveHTTP1(on channel: any Channel, isFirst: Bool, isSecure: Bool = false) throws {
        let pipeline = channel.pipeline.syncOperations
        let socket = isSecure ? nil : DirectSocket(channel)
        let limiter = RequestHeadLimiter(
            limits: self.limits, loop: self.loop, reporter: self.reporter, socket: isFirst ? socket : nil)
        // With names: NIO would put together one for each handler.
        try pipeline.addHandler(limiter, name: "head limiter")
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)),
            name: "HTTP decoder"
        )
        try pipeline.addHandler(
            ServerChannelHandler(
                endpoints: self.endpoints,
                limiter: limiter,
                loop: self.loop,
                socket: socket,
                isSecure: isSecure,
                maxRequests: self.maxRequests
            ),
            name: "requests"
        )
    }

    /// Makes a handler that answers the request of a stream of an HTTP/2 connection.
    package func streamHandler(_ stream: any RequestStream) -> MartletChannelHandler {
        MartletChannelHandler(endpoints: self.endpoints, isPlaintext: false, stream: stream)
    }

    /// The first bytes of a connection have come.
    /// - Returns: they and what else the connection has.
    package func completeFirstRead(_ bytes: ByteBuffer, on channel: any Channel) -> ByteBuffer {
        DirectSocket(channel).map { self.loop.completeFirstRead(bytes, from: $0) } ?? bytes
    }

    /// Takes back a buffer that was read into.
    package func giveBack(_ buffer: ByteBuffer) {
        self.loop.giveBack(buffer)
    }

    /// A request's body took longer than ``bodyTime``.
    package func bodyTimedOut(from address: SocketAddress?) {
        self.reporter.exceeded(.bodyTime, by: address)
    }

    /// A connection is gone.
    package func ended(_ channel: any Channel) {
        self.loop.httpEnded(channel)
    }
}
