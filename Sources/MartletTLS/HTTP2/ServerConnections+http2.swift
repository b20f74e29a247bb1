// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Martlet
internal import NIOCore
internal import NIOHTTP2
internal import NIOHTTPTypesHTTP2

extension ServerConnections {
    /// How much of a stream a client may send before the server has taken it.
    private static let windowSize = 256 << 10

    /// Serves a connection that speaks HTTP/2: each of its streams is a request.
    func serveHTTP2(
        on channel: any Channel,
        _ configuration: HTTP2Configuration,
        isSecure: Bool,
        log: Logger
    ) throws {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        // The library's other limits hold as they are. CONTINUATION frames: 5 in a row. Pings, settings and priorities:
        // 200 in 30 seconds. Empty DATA frames: 1 in a row. Broken requests: 200 in 30 seconds and on a connection.
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: configuration.maxConcurrentStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: self.maxHeadSize),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.windowSize),
            // RFC 8441, 3: WebSockets may be opened on a stream.
            HTTP2Setting(parameter: .enableConnectProtocol, value: 1),
        ]
        // 200 resets in 30 seconds.
        let stream = NIOHTTP2Handler.StreamConfiguration()
        let handler = HTTP2ConnectionHandler(self, log: log)
        // The multiplexer has a handler of its own, because only then the library tells which frames it writes, and by
        // that what it thinks of the connection.
        let multiplexer = HTTP2StreamMultiplexer(
            mode: .server,
            channel: channel,
            targetWindowSize: Self.windowSize,
            inboundStreamInitializer: { stream in
                stream.eventLoop.makeCompletedFuture { try self.serveStream(on: stream, isSecure: isSecure) }
            }
        )
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server,
                frameDelegate: handler,
                connectionConfiguration: connection,
                streamConfiguration: stream
            )
        )
        try pipeline.addHandler(handler)
        try pipeline.addHandler(multiplexer)
    }

    private func serveStream(on channel: any Channel, isSecure: Bool) throws {
        let codec = HTTP2FramePayloadToHTTPServerCodec()
        let handler = HTTP2StreamHandler(self, codec, isSecure: isSecure)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(codec)
        try pipeline.addHandler(handler)
        try pipeline.addHandler(self.streamHandler(handler))
    }
}
