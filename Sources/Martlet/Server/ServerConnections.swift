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
    private let maxRequests: Int
    private let loop: ServerLoop
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
    package var idleTime: TimeAmount { self.limits.idleTime }
    package var timers: LoopTimers { self.loop.timers }
    /// The value of `Date`, see ``HTTPClock``.
    package var date: String { self.loop.clock.date() }

    /// Serves a connection that speaks HTTP/1.1.
    /// - Parameters:
    ///   - isPlaintext: whether what is written may go to the socket directly.
    ///   - isSecure: whether the connection is encrypted.
    package func serveHTTP1(on channel: any Channel, isPlaintext: Bool, isSecure: Bool = false) throws {
        let pipeline = channel.pipeline.syncOperations
        let limiter = RequestHeadLimiter(limits: self.limits, loop: self.loop, reporter: self.reporter)
        try pipeline.addHandler(limiter)
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        )
        try pipeline.addHandler(
            ServerChannelHandler(
                endpoints: self.endpoints,
                limiter: limiter,
                loop: self.loop,
                isPlaintext: isPlaintext,
                isSecure: isSecure,
                maxRequests: self.maxRequests
            )
        )
    }

    /// Makes a handler that answers the request of a stream of an HTTP/2 connection.
    package func streamHandler(_ stream: any RequestStream) -> MartletChannelHandler {
        MartletChannelHandler(endpoints: self.endpoints, isPlaintext: false, stream: stream)
    }

    /// The first bytes of a connection have come.
    package func firstReadCame(on channel: any Channel) {
        self.loop.firstReadCame(on: channel)
    }

    /// Takes back a buffer that was read into.
    package func giveBack(_ buffer: ByteBuffer) {
        self.loop.giveBack(buffer)
    }

    /// A connection is gone.
    package func ended(_ channel: any Channel) {
        self.loop.httpEnded(channel)
    }
}
