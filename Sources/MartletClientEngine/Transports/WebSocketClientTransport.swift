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
    private enum Phase {
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
    private weak var host: (any ClientTransportHost)?
    private let maker: RequestMaker
    private let eventLoop: any EventLoop
    private let loop: ClientLoop
    private let limits: WebSocketLimits
    private let handshake: WebSocketClientHandshake
    private var phase = Phase.connecting
    private var context: ChannelHandlerContext?
    private var codec: WebSocketClientCodec?
    /// What has come before the upgrade is complete.
    private var unread = ByteBuffer()
    private var refusal: HTTPAnswerHead?

    /// How much may wait to leave in one turn.
    private static let highWaterMark = 64 << 10
    /// How long the server may take to end a connection that the client has left.
    private static let closeTimeout = TimeAmount.seconds(2)
    /// How much of the answer to a refused upgrade is read, to tell why.
    private static let maxRefusalBytes = 4096

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

    func poll() {}

    func close() {
        self.host = nil
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

    private func closeChannel() {
        self.phase = .closed
        self.context?.close(promise: nil)
    }

    private func fail(_ error: ClientError, reason: String = SessionEndReason.transportError) {
        guard self.phase != .closed else { return }
        if self.phase != .closing { self.closeChannel() }
        self.host?.lost(self, reason, error.on(.websocket))
        self.host = nil
    }
}

// MARK: In

extension WebSocketClientTransport {
    /// A channel connects. Several addresses of a server may be tried at once: the first that is active counts.
    fileprivate func added(_ context: ChannelHandlerContext) {
        if self.phase == .connecting { self.context = context }
    }

    fileprivate func removed(_ context: ChannelHandlerContext) {
        if context === self.context { self.context = nil }
    }

    fileprivate func connected(_ context: ChannelHandlerContext) {
        guard let host = self.host, self.phase == .connecting else { return context.close(promise: nil) }
        self.context = context
        self.phase = .greeting
        var fields = self.maker.fields()
        fields.add(name: "Connection", value: "Upgrade")
        fields.add(name: "Upgrade", value: "websocket")
        fields.add(name: "Sec-WebSocket-Version", value: WebSocketHandshake.version)
        fields.add(name: "Sec-WebSocket-Key", value: self.handshake.key)
        if let extensions = self.handshake.extensions {
            fields.add(name: "Sec-WebSocket-Extensions", value: extensions)
        }
        var request = ByteBuffer()
        request.writeString("GET \(self.maker.target(.websocket, host.terms(for: self, isPost: false))) HTTP/1.1\r\n")
        for (name, value) in fields { request.writeString("\(name): \(value)\r\n") }
        request.writeString("\r\n")
        context.writeAndFlush(NIOAny(request), promise: nil)
    }

    fileprivate func received(_ bytes: consuming ByteBuffer) {
        switch self.phase {
        case .greeting: self.readAnswer(bytes)
        case .open, .closing: self.readFrames(bytes)
        case .connecting, .closed: break
        }
    }

    private func readAnswer(_ bytes: consuming ByteBuffer) {
        self.unread.writeImmutableBuffer(bytes)
        do throws(ClientError) {
            if self.refusal == nil {
                guard let head = try HTTPAnswerHead.read(&self.unread) else { return }
                for (name, value) in head.fields where name.lowercased() == "set-cookie" {
                    self.maker.cookies.set(value)
                }
                if head.status == 101 { return try self.accept(head) }
                self.refusal = head
            }
            self.readRefusal(isComplete: false)
        } catch {
            self.fail(error)
        }
    }

    private func accept(_ head: HTTPAnswerHead) throws(ClientError) {
        var answer = WebSocketClientHandshake.Answer()
        for (name, value) in head.fields { answer.read(name, value) }
        let deflate: PerMessageDeflateParameters?
        do throws(WebSocketError) {
            deflate = try self.handshake.check(answer)
        } catch {
            throw ClientError(.unexpectedAnswer, "the answer does not open a WebSocket: \(error.reason)")
        }
        self.codec = WebSocketClientCodec(limits: self.limits, deflate: deflate, loop: self.loop)
        self.phase = .open
        self.host?.opened(self)
        let rest = self.unread
        self.unread = ByteBuffer()
        if rest.readableBytes > 0 { self.readFrames(rest) }
    }

    /// Reads as much of a refusal's body as tells why.
    private func readRefusal(isComplete: Bool) {
        guard let refusal = self.refusal else { return }
        let length = refusal.first("content-length").flatMap { Int($0) } ?? Self.maxRefusalBytes
        guard isComplete || self.unread.readableBytes >= min(length, Self.maxRefusalBytes) else { return }
        let body = self.unread.readString(length: min(self.unread.readableBytes, Self.maxRefusalBytes)) ?? ""
        self.fail(
            .answer(
                status: refusal.status, body: body, location: refusal.first("location"),
                retryAfter: refusal.first("retry-after"), path: self.maker.address.path))
    }

    private func readFrames(_ bytes: consuming ByteBuffer) {
        guard let codec = self.codec else { return }
        codec.feed(bytes)
        do throws(WebSocketError) {
            while let event = try codec.next() { try self.handle(event, codec) }
        } catch {
            codec.writeClose(error.closeCode, reason: error.reason)
            self.flush()
            let code: ClientError.Code = error.closeCode == .messageTooBig ? .unavailable : .protocolViolation
            return self.fail(
                ClientError(code, "what the server has sent cannot be taken: \(error.reason)"),
                reason: SessionEndReason.parseError)
        }
        self.host?.receivedAll(on: self)
        self.flush()
    }

    private func handle(_ event: WebSocketEvent, _ codec: WebSocketClientCodec) throws(WebSocketError) {
        switch event {
        case .text(let text):
            guard let host = self.host else { return }
            do throws(EngineIOError) {
                host.received(try EnginePacket.decode(text: text), on: self)
            } catch {
                throw WebSocketError(.protocolError, "a packet cannot be read")
            }
        case .binary(let bytes): self.host?.received(.binary(bytes), on: self)
        // RFC 6455, 5.5.2: a ping is answered with its own data.
        case .ping(let data): if self.phase == .open { codec.writePong(data) }
        case .pong: break
        case .close(let code, let reason):
            // 5.5.1: a close frame is answered with its own code.
            if self.phase == .open { codec.writeClose(code) }
            self.flush()
            self.phase = self.phase == .open ? .closing : self.phase
            self.host?.lost(self, SessionEndReason.transportClose, Self.error(code, reason).on(.websocket))
            self.host = nil
            self.closeChannel()
        }
    }

    private static func error(_ code: WebSocketCloseCode?, _ reason: String) -> ClientError {
        let text = reason.isEmpty ? "" : ": \(reason)"
        let detail = (code ?? .noStatusReceived).rawValue
        return switch code {
        case .sessionUnknown:
            ClientError(.sessionUnknown, "the server does not know the session", detail: Int(detail))
        case .messageTooBig:
            ClientError(.messageTooLarge, "a message is larger than the server takes", detail: Int(detail))
        default:
            ClientError(
                .connectionLost, "the connection was closed with the code \(detail)\(text)", detail: Int(detail))
        }
    }

    fileprivate func becameWritable() {
        if self.isWritable { self.host?.becameWritable(self) }
    }

    fileprivate func ended(_ context: ChannelHandlerContext, _ error: (any Error)?) {
        guard context === self.context else { return }
        self.readRefusal(isComplete: true)
        let lost =
            error.map { ClientConnector.error($0, self.maker.address) }
            ?? ClientError(.connectionLost, "the server, or something between, has closed the connection")
        self.fail(lost, reason: SessionEndReason.transportClose)
        self.phase = .closed
    }
}

/// Brings what happens in a channel to its transport.
private final class WebSocketClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let transport: WebSocketClientTransport

    init(_ transport: WebSocketClientTransport) { self.transport = transport }

    func handlerAdded(context: ChannelHandlerContext) { self.transport.added(context) }

    func handlerRemoved(context: ChannelHandlerContext) { self.transport.removed(context) }

    func channelActive(context: ChannelHandlerContext) { self.transport.connected(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.transport.received(self.unwrapInboundIn(data))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { self.transport.becameWritable() }

    func channelInactive(context: ChannelHandlerContext) { self.transport.ended(context, nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.transport.ended(context, error)
        context.close(promise: nil)
    }
}
