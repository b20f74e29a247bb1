// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Martlet
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP2

/// Ends HTTP/2 connections: idle ones, those that have had as many requests as they may, those of a server that goes down,
/// and those whose peer broke the protocol.
///
/// Its place is between the protocol and the multiplexer of streams.
final class HTTP2ConnectionHandler: ChannelDuplexHandler, NIOHTTP2FrameDelegate {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private enum Farewell {
        case none
        /// The client has been told to open no more streams, and may not have read it.
        case announced
        case said
    }

    private let connections: ServerConnections
    private let log: Logger
    private var context: ChannelHandlerContext?
    private var streams = 0
    private var requests = 0
    private var lastStream = HTTP2StreamID.rootStream
    private var farewell = Farewell.none
    private let timer: ResettableTimer

    /// How long a client may take to confirm that it has read the announcement.
    private static let farewellTime = TimeAmount.seconds(5)
    /// What the ping carries that follows the announcement.
    private static let pingData = HTTP2PingData(withInteger: 0x6d61_7274_6c65_7400)

    init(_ connections: ServerConnections, log: Logger) {
        self.connections = connections
        self.timer = ResettableTimer(connections.timers)
        self.log = log
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.timer.start(self.connections.idleTime) { self.announceEnd() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer.cancel()
        self.context = nil
    }

    // MARK: Streams

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2StreamCreatedEvent:
            self.streams += 1
            self.lastStream = max(self.lastStream, event.streamID)
            if case .none = self.farewell { self.timer.cancel() }
            self.requests += 1
            if self.requests >= self.connections.maxRequests { self.announceEnd() }
        case is StreamClosedEvent:
            self.streams -= 1
            if self.streams == 0 { self.lastStreamClosed() }
        case is ChannelShouldQuiesceEvent: self.announceEnd()
        // A client that cannot send any longer cannot take in what comes either: it would have to widen the windows.
        case ChannelEvent.inputClosed: self.close()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func lastStreamClosed() {
        switch self.farewell {
        case .none: self.timer.start(self.connections.idleTime) { self.announceEnd() }
        case .announced: break
        case .said: self.close()
        }
    }

    // MARK: A graceful end

    /// RFC 9113, 6.8: first a GOAWAY that takes all streams, since more may be on their way; a round trip later one with
    /// the last stream.
    private func announceEnd() {
        guard case .none = self.farewell else { return }
        self.farewell = .announced
        self.write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
        self.write(.ping(Self.pingData, ack: false))
        self.context?.flush()
        self.timer.start(Self.farewellTime) { self.sayEnd() }
    }

    private func sayEnd() {
        guard case .announced = self.farewell else { return }
        self.farewell = .said
        self.timer.cancel()
        self.write(.goAway(lastStreamID: self.lastStream, errorCode: .noError, opaqueData: nil))
        self.context?.flush()
        if self.streams == 0 { self.close() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .ping(Self.pingData, ack: true) = self.unwrapInboundIn(data).payload { self.sayEnd() }
        context.fireChannelRead(data)
    }

    private func write(_ payload: HTTP2Frame.FramePayload) {
        self.context?.write(self.wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
    }

    // MARK: Errors

    /// After an error that concerns the whole connection the library writes a GOAWAY, and leaves it to others to close
    /// (RFC 9113, 5.4.1). By its other errors the library does not tell whether they concern a stream only.
    func wroteFrame(_ frame: HTTP2Frame) {
        guard case .goAway(_, let code, _) = frame.payload, code != .noError else { return }
        self.log.debug("an HTTP/2 connection with \(self.context?.channel.peer ?? "somebody") broke: \(code)")
        self.close()
    }

    /// Closes the connection after what is being written in this turn.
    private func close() {
        self.context?.eventLoop.assumeIsolated().execute { self.context?.close(promise: nil) }
    }
}
