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

/// A WebSocket after its handshake: bytes in, messages out; messages in, bytes out.
///
/// It does no I/O, so that it runs on any ``WebSocketHost``. What is sent within one turn of the event loop is
/// collected and leaves as one write.
package final class WebSocketConnection: Flushable {
    /// How a connection ended.
    package enum End: Equatable {
        /// The peer said so with this code, or nobody did and the network connection was lost.
        case byPeer(WebSocketCloseCode?)
        /// The peer broke the protocol or a limit.
        case failed(WebSocketError)
    }

    private enum State {
        case open
        /// A close frame was sent; the peer's is awaited.
        case closing
        case closed
    }

    /// Unsent bytes past which whoever sends should wait.
    package static let highWaterMark = 64 << 10
    /// Bytes from which on sending costs more than what it shares with that of other connections.
    private static let longOutput = 2048
    /// How long the peer may take to answer a close frame.
    private static let closeTimeout = TimeAmount.seconds(2)

    // What a delivery of a broadcast needs comes first, within a line of the processor's caches or two: with thousands of
    // connections, what such a delivery costs is above all the memory that it touches.
    let loop: WebSocketLoop
    // `@exclusivity(unchecked)`: see LoopContext.
    /// Absent where the host has none, and once the network connection is gone.
    @exclusivity(unchecked) private var directSocket: DirectSockets.Number?
    /// The output of this turn, as long as it is nothing but frames that others get as well, one after the other; or
    /// that of a turn that is over. See ``delivery``.
    @exclusivity(unchecked) private var lastDelivery: SharedFrames.Ticket?
    /// Whether the output of this turn is ``cork``.
    @exclusivity(unchecked) private var needsFlush = false
    @exclusivity(unchecked) private var state = State.open
    /// Whether there was no room, and the user waits to be told that there is.
    @exclusivity(unchecked) private var awaitsRoom = false
    /// Whether a compressed message went out that the connection's own deflater has not seen.
    @exclusivity(unchecked) var hasSharedCompressed = false
    let compressionPolicy: CompressionPolicy
    /// Bytes that the host has, and the network has not.
    @exclusivity(unchecked) private var waitingBytes = 0
    @exclusivity(unchecked) private var host: (any WebSocketHost)?
    @exclusivity(unchecked) private var user: (any WebSocketConnectionUser)?
    @exclusivity(unchecked) private var isReadingPaused = false
    /// Whether something has left the process.
    @exclusivity(unchecked) package private(set) var hasSentOutput = false
    /// The output of this turn, unless it is a ``delivery``.
    @exclusivity(unchecked) private var cork = ByteBuffer()
    @exclusivity(unchecked) private var decoder: WebSocketDecoder
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
        self.host = host
        self.directSocket = host.directSocket
        self.compression = compression
        self.compressionPolicy = CompressionPolicy(compression)
        self.decoder = WebSocketDecoder(role: .server, limits: limits, inflater: compression?.inflater)
        self.write { $0.writeImmutableBuffer(preamble) }
    }

    deinit {
        // Deliveries do not hold their connections: see SharedFrames.
        _ = self.takeBackDelivery()
    }

    /// Makes known who uses the connection; called once, before anything else.
    package func start(user: any WebSocketConnectionUser) {
        self.user = user
    }

    package var unsentBytes: Int { self.corkedBytes + self.waitingBytes }

    private var delivery: SharedFrames.Ticket? {
        if let delivery = self.lastDelivery, delivery.isValid { delivery } else { nil }
    }

    private var corkedBytes: Int {
        if let delivery = self.delivery { return delivery.frames.byteCount(delivery) }
        return self.needsFlush ? self.cork.readableBytes : 0
    }

    package var isOpen: Bool { self.state == .open }

    /// Whether a part of a message has come, and the rest has not.
    var isInMessage: Bool { self.decoder.isInMessage }

    package var isWritable: Bool {
        guard self.state == .open else { return false }
        if self.unsentBytes < Self.highWaterMark { return true }
        self.awaitsRoom = true
        return false
    }

    /// Whether what is sent now leaves with this turn, as far as can be known: nothing waits for the network.
    package var sendsAtOnce: Bool {
        self.state == .open && self.waitingBytes == 0 && self.corkedBytes < Self.highWaterMark
    }

    // MARK: In

    /// Takes bytes from the network. ``readComplete()`` follows.
    package func receive(_ bytes: consuming ByteBuffer) {
        self.decoder.feed(bytes)
        self.process()
    }

    /// There are no more bytes for now. A short answer leaves with those of other connections, a long one at once.
    package func readComplete() {
        if self.corkedBytes >= Self.longOutput { self.flush() }
        self.loop.context.readComplete()
    }

    /// Stops or resumes taking messages from the peer.
    package func setReadingPaused(_ paused: Bool) {
        guard paused != self.isReadingPaused else { return }
        self.isReadingPaused = paused
        self.host?.setReadingPaused(paused)
        if !paused { self.process() }
    }

    private func process() {
        // Kept over all messages of a read. Nobody is there any more once the connection is over, and then the decoder takes
        // nothing either.
        guard let user = self.user else { return }
        do throws(WebSocketError) {
            while !self.isReadingPaused, let event = try self.decoder.next(into: &self.loop.received) {
                switch consume event {
                case .text(let text):
                    self.compression?.noteUse()
                    if self.state == .open { user.received(text: text) }
                case .binary(let bytes):
                    self.compression?.noteUse()
                    if self.state == .open { user.received(binary: bytes) }
                case .ping(let data):
                    if self.state == .open { self.write { WebSocketFrame.writePong(data, into: &$0) } }
                case .pong: break
                case .close(let code, _): self.peerClosed(code)
                }
            }
        } catch {
            self.fail(error)
        }
    }

    // MARK: Out

    /// Appends frames to the output of this turn.
    func write(_ encode: (inout ByteBuffer) -> Void) {
        if !self.needsFlush {
            self.cork = self.loop.context.takeBuffer()
            if let shared = self.takeBackDelivery() { self.cork.writeImmutableBuffer(shared) }
            self.needsFlush = true
            self.loop.context.setNeedsFlush(self)
        }
        encode(&self.cork)
        if self.cork.readableBytes >= Self.highWaterMark { self.sendCork() }
    }

    /// Appends a frame that others get as well.
    func write(_ range: Range<Int>, of frames: SharedFrames) {
        var byteCount: Int?
        if let delivery = self.delivery {
            if delivery.frames === frames { byteCount = frames.extend(delivery, by: range) }
        } else if !self.needsFlush, self.waitingBytes == 0, let socket = self.directSocket {
            // What a user waits for has been sent, or the end of the turn will tell.
            assert(!self.awaitsRoom)
            self.lastDelivery = frames.deliver(range, to: self, socket)
            byteCount = range.count
        }
        guard let byteCount else { return self.write { $0.writeImmutableBuffer(frames.slice(range)) } }
        if byteCount >= Self.highWaterMark { self.sendCork() }
    }

    /// Sends what was collected in this turn.
    package func flush() {
        guard self.needsFlush || self.delivery != nil else { return }
        self.needsFlush = false
        self.sendCork()
        // The network may have taken all at once, and then nobody reports that it has taken some.
        self.noteRoom()
    }

    /// The network was given this connection's delivery, and has not taken the rest of it, which is less than
    /// ``highWaterMark``: it waits for the next turn, and so nobody is called from here.
    func delivered(rest: Range<Int>, of frames: SharedFrames) {
        self.write { $0.writeImmutableBuffer(frames.slice(rest)) }
    }

    private func takeBackDelivery() -> ByteBuffer? {
        guard let delivery = self.delivery else { return nil }
        self.lastDelivery = nil
        return delivery.frames.takeBack(delivery)
    }

    /// Sends all that was collected. It is taken out of the cork before, since the host may find that there is room
    /// again, and whoever waited for that writes at once.
    private func sendCork() {
        if var shared = self.takeBackDelivery() { return self.send(&shared) }
        var bytes = ByteBuffer()
        swap(&bytes, &self.cork)
        self.send(&bytes)
        if bytes.readableBytes == 0 { self.loop.context.recycle(bytes) }
    }

    /// Hands bytes to the network as far as it takes them, and has the rest sent as soon as it does.
    private func send(_ bytes: inout ByteBuffer) {
        guard bytes.readableBytes > 0, let host = self.host else { return }
        if self.waitingBytes == 0, let socket = self.directSocket {
            let sent = bytes.withUnsafeReadableBytes { self.loop.sockets.send($0, to: socket) }
            bytes.moveReaderIndex(forwardBy: sent)
            if sent > 0 { self.hasSentOutput = true }
        }
        guard bytes.readableBytes > 0 else { return }
        self.waitingBytes += bytes.readableBytes
        host.send(bytes)
    }

    /// Bytes that the host was given for sending have left, or never will.
    package func sent(_ count: Int, haveLeft: Bool = true) {
        guard self.host != nil else { return }
        if haveLeft { self.hasSentOutput = true }
        self.waitingBytes -= count
        self.noteRoom()
    }

    private func noteRoom() {
        guard self.awaitsRoom, self.unsentBytes < Self.highWaterMark / 2 else { return }
        self.awaitsRoom = false
        self.user?.becameWritable()
    }

    // MARK: The end

    /// The server goes down: whoever uses the connection says so, and closes it.
    package func serverGoesDown() {
        if let user = self.user { user.serverGoesDown() } else { self.close(.goingAway) }
    }

    /// Begins the closing handshake (RFC 6455, 7.1.2), or does nothing if it has begun.
    package func close(_ code: WebSocketCloseCode, reason: String = "") {
        guard self.state == .open else { return }
        self.write { WebSocketFrame.writeClose(code, reason: reason, into: &$0) }
        self.state = .closing
        self.loop.context.timers.schedule(after: Self.closeTimeout) { [weak self] in
            self?.host?.close(lingering: false)
        }
    }

    /// RFC 6455, 7.1.5: the peer's close frame is answered with its own code, and the server closes the network
    /// connection.
    private func peerClosed(_ code: WebSocketCloseCode?) {
        if self.state == .open {
            self.write { WebSocketFrame.writeClose(code, into: &$0) }
        }
        self.end(.byPeer(code), lingering: false)
    }

    /// RFC 6455, 7.1.7.
    private func fail(_ error: WebSocketError) {
        if self.state == .open {
            self.write { WebSocketFrame.writeClose(error.closeCode, reason: error.reason, into: &$0) }
        }
        self.end(.failed(error), lingering: true)
    }

    private func end(_ end: End, lingering: Bool) {
        guard self.state != .closed else { return }
        self.state = .closed
        // Sends now rather than at the end of the turn: the host is asked to close right after.
        self.sendCork()
        self.host?.close(lingering: lingering)
        let user = self.user
        self.user = nil
        user?.closed(end)
    }

    /// The network connection is gone.
    package func hostClosed() {
        _ = self.takeBackDelivery()
        self.lastDelivery = nil
        self.host = nil
        self.directSocket = nil
        self.waitingBytes = 0
        guard self.state != .closed else { return }
        self.state = .closed
        let user = self.user
        self.user = nil
        user?.closed(.byPeer(nil))
    }
}
