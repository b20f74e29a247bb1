// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
package import NIOCore
package import WebSocketWire

/// The user of a WebSocket connection. All methods are called on the connection's event loop. The memory of a buffer is
/// used again when the call returns.
package protocol WebSocketConnectionUser: AnyObject {
    func received(text: consuming ByteBuffer)
    func received(binary: ByteBuffer)
    /// ``WebSocketConnection/isWritable`` has turned true again, or what ``WebSocketConnection/tellWhenEmpty()`` asked for
    /// has come true.
    func becameWritable()
    /// The server is shutting down: close the connection in good order.
    func serverGoesDown()
    /// The connection is over. No other method is called after this one.
    func closed(_ end: WebSocketConnection.End)
}

/// A WebSocket after its handshake (RFC 6455): turns received bytes into messages, and messages into bytes to send.
///
/// The connection does no I/O, so that it runs on any ``WebSocketHost``. A ``WebSocketOutbox`` collects the output of a
/// turn of the event loop, which leaves as one write.
package final class WebSocketConnection: Flushable {
    /// How a connection ended.
    package enum End: Equatable {
        /// The peer closed it with this code; `nil` if the close frame had no code, or the network connection was lost.
        case byPeer(WebSocketCloseCode?)
        /// The peer broke the protocol or a limit.
        case failed(WebSocketError)
    }

    /// The progress of the closing handshake (RFC 6455, 7.1).
    fileprivate enum Phase {
        case open
        /// A close frame was sent; the peer's is awaited.
        case closing
        case closed
    }

    struct State: ~Copyable {
        /// `nil` when the host has no direct socket, and after the network connection has ended.
        fileprivate var directSocket: DirectSockets.Number?
        fileprivate var outbox = WebSocketOutbox()
        fileprivate var phase = Phase.open
        /// Whether a shared compressed message was sent, which is missing in the history of the connection's own
        /// deflater.
        var hasSharedCompressed = false
        fileprivate var host: (any WebSocketHost)?
        fileprivate var user: (any WebSocketConnectionUser)?
        fileprivate var isReadingPaused = false
        fileprivate var decoder: WebSocketDecoder
    }

    /// The number of unsent bytes past which a sender should wait.
    package static var highWaterMark: Int { WebSocketOutbox.highWaterMark }
    /// The output size, in bytes, from which on sending at once is cheaper than waiting to send together with other
    /// connections.
    private static let longOutput = 2048
    /// How long the peer may take to answer a close frame.
    private static let closeTimeout = TimeAmount.seconds(2)

    // The members that a delivery of a broadcast needs come first, within one or two cache lines: with thousands of
    // connections, the cost of a delivery is mostly the memory that it touches.
    let loop: WebSocketLoop
    let compressionPolicy: CompressionPolicy
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var state: State
    let compression: Compression?

    /// - Parameter preamble: bytes that go out before the first frame: the answer to the handshake.
    package init(
        loop: WebSocketLoop,
        host: any WebSocketHost,
        limits: WebSocketLimits,
        compression: Compression? = nil,
        preamble: ByteBuffer = ByteBuffer()
    ) {
        self.loop = loop
        self.compression = compression
        self.compressionPolicy = CompressionPolicy(compression, loop)
        let decoder = WebSocketDecoder(role: .server, limits: limits, inflater: compression?.inflater)
        self.state = State(directSocket: host.directSocket, host: host, decoder: decoder)
        self.write { $0.writeImmutableBuffer(preamble) }
    }

    deinit {
        self.state.outbox.removeAll()
    }

    /// Sets the connection's user; called once, before anything else.
    package func start(user: any WebSocketConnectionUser) {
        self.state.user = user
    }

    package var isOpen: Bool { self.state.phase == .open }
    package var unsentBytes: Int { self.state.outbox.unsentBytes }

    /// Whether there is room for more output. If not, the user is told when there is room again.
    package var isWritable: Bool { self.isOpen && self.state.outbox.hasRoom() }

    /// Tells the user once, as if there had been no room, when no bytes are unsent.
    package func tellWhenEmpty() { self.state.outbox.awaitEmpty() }

    /// Whether a message sent now leaves at the end of this turn, as far as can be known: no earlier output waits for
    /// the network.
    package var sendsAtOnce: Bool { self.isOpen && self.state.outbox.sendsAtOnce }

    /// Whether any byte has left the process.
    package var hasSentOutput: Bool { self.state.outbox.hasSentOutput }

    /// Whether a message has arrived in part.
    var isInMessage: Bool { self.state.decoder.isInMessage }

    // MARK: In (RFC 6455, 5 and 6.2)

    /// Takes bytes from the network. ``readComplete()`` follows.
    package func receive(_ bytes: consuming ByteBuffer) {
        self.state.decoder.feed(bytes)
        self.process()
    }

    /// All bytes of this read were received. A short answer leaves together with those of other connections, a long one
    /// at once.
    package func readComplete() {
        if self.state.outbox.turnBytes >= Self.longOutput { self.flush() }
        self.loop.context.readComplete()
    }

    /// Stops or resumes taking messages from the peer.
    package func setReadingPaused(_ paused: Bool) {
        guard paused != self.state.isReadingPaused else { return }
        self.state.isReadingPaused = paused
        self.state.host?.setReadingPaused(paused)
        if !paused { self.process() }
    }

    private func process() {
        // Read once for all messages of a read. After the connection's end there is no user, and the decoder takes
        // nothing either.
        guard let user = self.state.user else { return }
        do throws(WebSocketError) {
            while !self.state.isReadingPaused, let event = try self.nextEvent() {
                switch consume event {
                case .text(let text):
                    self.compression?.noteUse()
                    if self.isOpen { user.received(text: text) }
                case .binary(let bytes):
                    self.compression?.noteUse()
                    if self.isOpen { user.received(binary: bytes) }
                // 5.5.2: a ping is answered with its own data.
                case .ping(let data):
                    if self.isOpen { self.write { WebSocketFrame.writePong(data, into: &$0) } }
                // 5.5.3: an unsolicited pong is allowed, and ignored.
                case .pong: break
                case .close(let code, _): self.peerClosed(code)
                }
            }
        } catch {
            self.fail(error)
        }
    }

    @inline(__always)
    private func nextEvent() throws(WebSocketError) -> WebSocketEvent? {
        try self.state.decoder.next(into: &self.loop.memory.received)
    }

    // MARK: Out (RFC 6455, 6.1)

    /// Appends frames to the output of this turn.
    func write(_ encode: (inout ByteBuffer) -> Void) {
        let added = self.state.outbox.add(takingFrom: self.loop.context.takeBuffer, encode)
        if added.needsFlush { self.loop.context.setNeedsFlush(self) }
        if added.isFull { self.sendTurn() }
    }

    /// Appends a frame that other connections get as well.
    func write(_ range: Range<Int>, of frames: SharedFrames) {
        guard let added = self.state.outbox.add(range, of: frames, to: self, self.state.directSocket) else {
            return self.write { $0.writeImmutableBuffer(frames.slice(range)) }
        }
        if added.isFull { self.sendTurn() }
    }

    /// Sends the output of this turn.
    package func flush() {
        self.sendTurn()
        // The network may have taken all bytes at once; then `sent(_:haveLeft:)` is not called.
        self.noteRoom()
    }

    /// The network has not taken the rest of this connection's delivery. The rest is smaller than ``highWaterMark``, so
    /// it waits for the next turn without a call of the user from here.
    func delivered(rest: ByteBuffer) {
        self.write { $0.writeImmutableBuffer(rest) }
    }

    /// Sends all collected output. The output is taken out of the outbox first: the host may report room while sending,
    /// and then the user writes at once.
    private func sendTurn() {
        var bytes = self.state.outbox.takeTurn()
        guard bytes.readableBytes > 0, let host = self.state.host else { return }
        if self.state.outbox.isNetworkIdle, let socket = self.state.directSocket {
            let sent = bytes.withUnsafeReadableBytes { self.loop.sockets.send($0, to: socket) }
            self.state.outbox.noteSent(sent)
            bytes.moveReaderIndex(forwardBy: sent)
            if bytes.readableBytes == 0 { return self.loop.context.recycle(bytes) }
        }
        self.state.outbox.noteWaiting(bytes.readableBytes)
        host.send(bytes)
    }

    /// Bytes that were given to the host have left, or never will.
    package func sent(_ count: Int, haveLeft: Bool = true) {
        guard self.state.host != nil else { return }
        self.state.outbox.noteLeft(count, haveLeft: haveLeft)
        self.noteRoom()
    }

    private func noteRoom() {
        if self.state.outbox.takeNoticeOfRoom() { self.state.user?.becameWritable() }
    }

    // MARK: The end (RFC 6455, 7)

    /// The server is shutting down: the user of the connection tells the peer, and closes the connection.
    package func serverGoesDown() {
        if let user = self.state.user { user.serverGoesDown() } else { self.close(.goingAway) }
    }

    /// Begins the closing handshake (7.1.2), unless it has begun.
    package func close(_ code: WebSocketCloseCode, reason: String = "") {
        guard self.isOpen else { return }
        self.write { WebSocketFrame.writeClose(code, reason: reason, into: &$0) }
        self.state.phase = .closing
        self.loop.context.timers.schedule(after: Self.closeTimeout) { [weak self] in
            self?.state.host?.close(lingering: false)
        }
    }

    /// 5.5.1 and 7.1.1: the peer's close frame is answered with its own code, and the server closes the network
    /// connection first.
    private func peerClosed(_ code: WebSocketCloseCode?) {
        if self.isOpen {
            self.write { WebSocketFrame.writeClose(code, into: &$0) }
        }
        self.end(.byPeer(code), lingering: false)
    }

    /// 7.1.7: tells the peer the reason, and takes no more bytes from it.
    private func fail(_ error: WebSocketError) {
        if self.isOpen {
            self.write { WebSocketFrame.writeClose(error.closeCode, reason: error.reason, into: &$0) }
        }
        self.end(.failed(error), lingering: true)
    }

    private func end(_ end: End, lingering: Bool) {
        guard self.state.phase != .closed else { return }
        self.state.phase = .closed
        // Send now rather than at the end of the turn: the host closes right after.
        self.sendTurn()
        self.state.host?.close(lingering: lingering)
        self.state.user.take()?.closed(end)
    }

    /// The network connection is gone.
    package func hostClosed() {
        self.state.outbox.removeAll()
        self.state.host = nil
        self.state.directSocket = nil
        guard self.state.phase != .closed else { return }
        self.state.phase = .closed
        self.state.user.take()?.closed(.byPeer(nil))
    }
}
