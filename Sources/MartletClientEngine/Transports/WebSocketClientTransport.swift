// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1
internal import WebSocketWire

/// Engine.IO over a WebSocket: one packet a message.
final class WebSocketClientTransport: ClientTransport {
    enum Phase {
        case connecting
        /// The upgrade was asked for.
        case greeting
        case open
        /// The session has left. The server's end of the connection is awaited for a while (RFC 6455, 7.1.1).
        case closing
        case closed
    }

    let name = TransportName.websocket
    let patience = 1
    let isNumbered = false
    let isBusy = false
    weak var host: (any ClientTransportHost)?
    let maker: RequestMaker
    private let eventLoop: any EventLoop
    let loop: ClientLoop
    let limits: WebSocketLimits
    let handshake: WebSocketClientHandshake
    var phase = Phase.connecting
    var context: ChannelHandlerContext?
    var codec: WebSocketClientCodec?
    /// What has come before the upgrade is complete.
    var unread = ByteBuffer()
    var refusal: HTTPAnswerHead?
    private(set) var isReadingPaused = false

    /// How much may wait to leave in one turn.
    private static let highWaterMark = 64 << 10
    /// How long the server may take to end a connection that the client has left.
    private static let closeTimeout = TimeAmount.seconds(2)

    init(
        _ host: any ClientTransportHost,
        maker: RequestMaker,
        configuration: ClientSessionConfiguration,
        on eventLoop: any EventLoop
    ) {
        self.host = host
        self.maker = maker
        self.eventLoop = eventLoop
        self.loop = ClientLoop.shared(on: eventLoop)
        self.limits = WebSocketLimits(maxMessageBytes: configuration.maxMessageBytes)
        #if Compression
        let compresses = configuration.compresses
        #else
        let compresses = false
        #endif
        self.handshake = WebSocketClientHandshake(nonce: RandomPool.next(), offersDeflate: compresses)
    }

    func open() {
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.maker.connector.connect(on: self.eventLoop) { channel in
            guard bound.value.phase != .closed else { throw ChannelError.ioOnClosedChannel }
            try channel.pipeline.syncOperations.addHandler(WebSocketClientHandler(bound.value))
        }.assumeIsolated().whenFailure { self.fail(ClientConnector.error($0, self.maker.address)) }
    }

    // MARK: Out

    var isWritable: Bool {
        guard self.phase == .open, let context = self.context, let codec = self.codec else { return false }
        return context.channel.isWritable && codec.output.readableBytes < Self.highWaterMark
    }

    func write(_ packet: EnginePacket) -> Bool {
        guard self.phase == .open, let codec = self.codec else { return false }
        codec.write(packet)
        return true
    }

    func flush() {
        guard let output = self.codec?.takeOutput(), let context = self.context else { return }
        context.writeAndFlush(NIOAny(output), promise: nil)
    }

    /// A ping of WebSocket's, which every server answers (RFC 6455, 5.5.2).
    func askForSign() -> Bool {
        guard self.phase == .open, let codec = self.codec else { return false }
        codec.writePing()
        self.flush()
        return true
    }

    func setReadingPaused(_ isPaused: Bool) {
        guard isPaused != self.isReadingPaused else { return }
        self.isReadingPaused = isPaused
        if !isPaused { self.readFrames() }
        self.context?.setReadingPaused(self.isReadingPaused)
    }

    func close() {
        self.host = nil
        // What is left to come is the server's end.
        self.setReadingPaused(false)
        switch self.phase {
        case .connecting, .greeting: self.closeChannel()
        case .open:
            self.codec?.writeClose(.normalClosure)
            self.flush()
            self.linger()
        case .closing, .closed: break
        }
    }

    /// What was written must arrive: a connection that is closed with bytes unread may take them with it.
    private func linger() {
        self.phase = .closing
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.closeTimeout) { [weak self] in self?.closeChannel() }
    }

    func closeChannel() {
        self.phase = .closed
        self.context?.close(promise: nil)
    }

    func fail(_ error: ClientError, reason: String = SessionEndReason.transportError) {
        guard self.phase != .closed else { return }
        if self.phase != .closing { self.closeChannel() }
        self.host?.lost(self, reason, error.on(.websocket))
        self.host = nil
    }
}
