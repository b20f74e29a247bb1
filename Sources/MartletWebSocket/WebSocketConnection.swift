// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
package import NIOCore
package import WebSocketWire

/// What uses a WebSocket connection. All are called on the connection's event loop; the buffers' memory is used again
/// when the call returns.
package protocol WebSocketConnectionUser: AnyObject {
    func received(text: consuming ByteBuffer)
    func received(binary: ByteBuffer)
    /// ``WebSocketConnection/isWritable`` has turned true again.
    func becameWritable()
    /// The server goes down, and the connection is to be closed in good order.
    func serverGoesDown()
    /// The connection is over. Nothing comes after this.
    func closed(_ end: WebSocketConnection.End)
}

/// A WebSocket after its handshake (RFC 6455): bytes in, messages out; messages in, bytes out.
///
/// It does no I/O, so that it runs on any ``WebSocketHost``. What is sent within one turn of the event loop is
/// collected in a ``WebSocketOutbox`` and leaves as one write.
package final class WebSocketConnection: Flushable {
    /// How a connection ended.
    package enum End: Equatable {
        /// The peer said so with this code, or nobody did and the network connection was lost.
        case byPeer(WebSocketCloseCode?)
        /// The peer broke the protocol or a limit.
        case failed(WebSocketError)
    }

    /// RFC 6455, 7.1: as far as the closing handshake has come.
    fileprivate enum Phase {
        case open
        /// A close frame was sent; the peer's is awaited.
        case closing
        case closed
    }

    struct State: ~Copyable {
        /// Absent where the host has none, and once the network connection is gone.
        fileprivate var directSocket: DirectSockets.Number?
        fileprivate var outbox = WebSocketOutbox()
        fileprivate var phase = Phase.open
        /// Whether a compressed message went out that the connection's own deflater has not seen.
        var hasSharedCompressed = false
        fileprivate var host: (any WebSocketHost)?
        fileprivate var user: (any WebSocketConnectionUser)?
        fileprivate var isReadingPaused = false
        fileprivate var decoder: WebSocketDecoder
    }

    /// Unsent bytes past which whoever sends should wait.
    package static var highWaterMark: Int { WebSocketOutbox.highWaterMark }
    /// Bytes from which on sending costs more than what it shares with that of other connections.
    private static let longOutput = 2048
    /// How long the peer may take to answer a close frame.
    private static let closeTimeout = TimeAmount.seconds(2)

    // What a delivery of a broadcast needs comes first, within a line of the processor's caches or two: with thousands of
    // connections, what such a delivery costs is above all the memory that it touches.
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

    /// Makes known who uses the connection; called once, before anything else.
    package func start(user: any WebSocketConnectionUser) {
        self.state.user = user
    }

    package var isOpen: Bool { self.state.phase == .open }
    package var unsentBytes: Int { self.state.outbox.unsentBytes }

    /// Whether there is room for more. When there is again, the user is told.
    package var isWritable: Bool { self.isOpen && self.state.outbox.hasRoom() }

    /// Whether what is sent now leaves with this turn, as far as can be known: nothing waits for the network.
    package var sendsAtOnce: Bool { self.isOpen && self.state.outbox.sendsAtOnce }

    /// Whether something has left the process.
    package var hasSentOutput: Bool { self.state.outbox.hasSentOutput }

    /// Whether a part of a message has come, and the rest has not.
    var isInMessage: Bool { self.state.decoder.isInMessage }

    // MARK: In (RFC 6455, 5 and 6.2)

    /// Takes bytes from the network. ``readComplete()`` follows.
    package func receive(_ bytes: consuming ByteBuffer) {
        self.state.decoder.feed(bytes)
        self.process()
    }

    /// There are no more bytes for now. A short answer leaves with those of other connections, a long one at once.
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
        // Kept over all messages of a read. Nobody is there any more once the connection is over, and then the decoder takes
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
                // 5.5.3: an unsolicited pong is allowed, and says nothing.
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

    /// Appends a frame that others get as well.
    func write(_ range: Range<Int>, of frames: SharedFrames) {
        guard let added = self.state.outbox.add(range, of: frames, to: self, self.state.directSocket) else {
            return self.write { $0.writeImmutableBuffer(frames.slice(range)) }
        }
        if added.isFull { self.sendTurn() }
    }

    /// Sends what was collected in this turn.
    package func flush() {
        self.sendTurn()
        // The network may have taken all at once, and then nobody reports that it has taken some.
        self.noteRoom()
    }

    /// The network was given this connection's delivery, and has not taken the rest of it, which is less than
    /// ``highWaterMark``: it waits for the next turn, and so nobody is called from here.
    func delivered(rest: ByteBuffer) {
        self.write { $0.writeImmutableBuffer(rest) }
    }

    /// Sends all that was collected. It is taken out of the outbox before, since the host may find that there is room
    /// again, and whoever waited for that writes at once.
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

    /// Bytes that the host was given for sending have left, or never will.
    package func sent(_ count: Int, haveLeft: Bool = true) {
        guard self.state.host != nil else { return }
        self.state.outbox.noteLeft(count, haveLeft: haveLeft)
        self.noteRoom()
    }

    private func noteRoom() {
        if self.state.outbox.takeNoticeOfRoom() { self.state.user?.becameWritable() }
    }

    // MARK: The end (RFC 6455, 7)

    /// The server goes down: whoever uses the connection says so, and closes it.
    package func serverGoesDown() {
        if let user = self.state.user { user.serverGoesDown() } else { self.close(.goingAway) }
    }

    /// Begins the closing handshake (7.1.2), or does nothing if it has begun.
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

    /// 7.1.7: the peer is told why, and nothing more is taken from it.
    private func fail(_ error: WebSocketError) {
        if self.isOpen {
            self.write { WebSocketFrame.writeClose(error.closeCode, reason: error.reason, into: &$0) }
        }
        self.end(.failed(error), lingering: true)
    }

    private func end(_ end: End, lingering: Bool) {
        guard self.state.phase != .closed else { return }
        self.state.phase = .closed
        // Sends now rather than at the end of the turn: the host is asked to close right after.
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
