// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
package import MartletEngine
package import NIOCore

/// The server-to-client half of AJAX long polling: a GET request waits until there are packets, and the answer carries
/// them.
///
/// The client's own packets come by POST, as on every transport of HTTP requests; see ``Session/beginUpload()``.
package final class PollingTransport: Transport {
    private let loop: LoopContext
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state: State

    private struct State {
        /// The first request to answer, kept until there is a session.
        var first: (any HTTPExchange)?
        /// Set to nil when the transport is closed. A weak reference would make every retain of a session slower.
        var session: Session?
        var isLossless = false
        /// The GET that waits.
        var request: (any HTTPExchange)?
        /// In a plain session: a second GET that came while another one waits. A client that has lost a connection asks
        /// again on another one, and its request may arrive before the server notices the loss.
        var contender: (any HTTPExchange)?
        /// The packets for the next answer, as a payload (Engine.IO protocol 4, payload encoding).
        var payload = ByteBuffer()
        /// The size from which on an answer is compressed.
        var compressionThreshold = Int.max
        /// Whether the next answer may be compressed, which one packet that must not be forbids.
        var mayCompress = true
        var phase = Phase.open
    }

    private enum Phase {
        case open
        /// An upgrade is under way: no request may wait for long.
        case releasing
        /// The client is told with its next request.
        case closing
        case closed
    }

    /// The size in bytes past which an answer takes no more packets: further packets wait for the next answer.
    private static let maxAnswer = 1 << 20

    /// How long a second GET waits for the first one's connection to end. By the second GET the client shows that it
    /// has given up the first connection, but the server may not have noticed its end.
    private static let contentionTime = TimeAmount.milliseconds(100)

    /// How long a request that comes during an upgrade is held. The reference server checks every 100 ms.
    private static let releaseInterval = TimeAmount.milliseconds(100)

    /// - Parameter first: the request that is answered first, once there is a session.
    package init(first: any HTTPExchange, loop: LoopContext) {
        self.state = State(first: first)
        self.loop = loop
    }

    package func bind(to session: Session) {
        self.state.session = session
        self.state.isLossless = session.isLossless
        self.state.compressionThreshold = session.shard.configuration.httpCompression?.threshold ?? .max
        if let first = self.state.first.take() { self.receive(first) }
    }

    /// An answer that carries packets.
    package static func answer(_ payload: ByteBuffer) -> HTTPAnswer {
        HTTPAnswer(status: .ok, contentType: "text/plain; charset=UTF-8", body: payload)
    }

    package var name: TransportName { .polling }
    package var upgrades: [TransportName] { [.websocket] }
    package var unsentBytes: Int { self.state.payload.readableBytes }
    package var lingersWhenClosed: Bool { true }

    package var isWritable: Bool {
        switch self.state.phase {
        case .open, .releasing, .closing:
            self.state.request != nil && self.state.contender == nil
                && self.state.payload.readableBytes < Self.maxAnswer
        case .closed: false
        }
    }

    // MARK: Requests

    /// A GET came: the client asks for packets.
    package func receive(_ request: any HTTPExchange) {
        switch self.state.phase {
        case .closed:
            request.respond(.error(.unknownSession))
        case .open, .releasing, .closing:
            if self.state.isLossless {
                self.dropRequest()
            } else if self.state.request != nil {
                return self.contend(request)
            }
            self.hold(request)
            self.state.session?.transportBecameWritable(self)
            switch self.state.phase {
            case .releasing: self.release(after: Self.releaseInterval)
            case .closing: self.finishIfDrained()
            case .open, .closed: break
            }
        }
    }

    /// There may be one request at a time (Engine.IO protocol 4). A second one waits a moment for the first to be lost.
    /// If the first is not lost, the session ends, since the client or a proxy has lost count.
    private func contend(_ request: any HTTPExchange) {
        guard self.state.contender == nil, self.state.phase != .closing else { return self.refuse(request) }
        self.state.contender = request
        request.onLost = { [weak request] in
            guard let request, self.state.contender === request else { return }
            self.state.contender = nil
            self.state.session?.transportBecameWritable(self)
        }
        self.loop.timers.schedule(after: Self.contentionTime) { [weak self, weak request] in
            guard let self, let request, self.state.contender === request else { return }
            self.state.contender = nil
            self.refuse(request)
        }
    }

    private func refuse(_ request: any HTTPExchange) {
        request.respond(.error(.badRequest))
        if self.state.phase != .closing { self.state.session?.close(.transportError, tellingPeer: .protocolError) }
    }

    /// The first request is gone: the second one takes its place.
    private func admitContender() {
        if let contender = self.state.contender.take() { self.receive(contender) }
    }

    /// Answers a waiting request with a noop. The packets collected for it are written anew to the next request.
    private func dropRequest() {
        guard let request = self.state.request else { return }
        self.state.request = nil
        self.state.payload.clear()
        var noop = ByteBuffer()
        EnginePacket.noop(ByteBuffer()).writePolling(into: &noop, resumable: true)
        request.respond(Self.answer(noop))
    }

    private func hold(_ request: any HTTPExchange) {
        self.state.request = request
        self.state.session?.transportConnected(self)
        // The request drops this closure when its answer has left or is lost, so there is no lasting retain cycle.
        let id = ObjectIdentifier(request)
        request.onLost = { self.requestLost(id) }
    }

    /// A request was lost, or its answer was.
    private func requestLost(_ id: ObjectIdentifier) {
        if let request = self.state.request {
            // An answer may be lost after the next request has come.
            guard ObjectIdentifier(request) == id else { return self.answerLost() }
            self.state.request = nil
            let heldPackets = self.state.payload.readableBytes > 0
            self.state.payload.clear()
            if heldPackets { return self.answerLost() }
            // The loss ends only this request: the client may ask again, over another network. The heartbeat finds out
            // whether the client lives; in a lossless session, the timeout for sessions without a connection does.
            self.state.session?.transportDisconnected(self, .transportError)
            self.admitContender()
        } else {
            self.answerLost()
        }
    }

    /// An answer could not be sent.
    private func answerLost() {
        if !self.state.isLossless || self.state.session?.isKnownToClient == false {
            // The answer's packets are lost; or the answer was to tell the client of the session, so the client does
            // not know it.
            self.finish(with: .close(ByteBuffer()), .transportError, hadBegun: false)
        } else if self.state.request == nil {
            // The answer's packets are written anew.
            self.state.session?.transportDisconnected(self, .transportError)
        }
    }

    // MARK: Transport

    package func write(_ packet: OutboundPacket) {
        if self.state.payload.readableBytes == 0 {
            self.loop.setNeedsFlush(self)
            self.state.mayCompress = true
        } else {
            EnginePacket.writeSeparator(into: &self.state.payload)
        }
        if case .shared(let message) = packet, !message.compresses { self.state.mayCompress = false }
        packet.writePolling(into: &self.state.payload, lossless: self.state.isLossless)
    }

    package func flush() {
        guard self.state.payload.readableBytes > 0, let request = self.state.request else { return }
        self.state.request = nil
        let payload = self.state.payload
        self.state.payload = ByteBuffer()
        var answer = Self.answer(payload)
        if self.state.mayCompress { answer.compressionThreshold = self.state.compressionThreshold }
        request.respond(answer)
        self.state.session?.transportDisconnected(self, nil)
        self.state.session?.checkDrainWaits()
        self.admitContender()
    }

    package func close(_ reason: TransportCloseReason) {
        guard self.state.phase != .closed else { return }
        self.state.phase = .closing
        if reason == .byPeer {
            self.finish(with: .noop(ByteBuffer()))
        } else if reason.isTold {
            self.finishIfDrained()
        } else {
            self.finish(with: .close(ByteBuffer()))
        }
    }

    /// Tells the client that the session is over, if a request waits, and all messages sent before have been written to
    /// it.
    private func finishIfDrained() {
        if self.state.request != nil, self.state.session?.isDrained != false { self.finish(with: .close(ByteBuffer())) }
    }

    /// Answers the waiting request, if there is one, with this packet after the packets written already.
    private func finish(
        with packet: EnginePacket,
        _ reason: DisconnectReason = .transportClose,
        hadBegun: Bool = true
    ) {
        if self.state.request != nil {
            self.write(.control(packet))
            self.flush()
        }
        self.state.phase = .closed
        self.admitContender()
        self.state.session.take()?.transportClosed(self, reason, hadBegun: hadBegun)
    }

    package func releaseForUpgrade() {
        guard self.state.phase == .open else { return }
        self.state.phase = .releasing
        // Wait for the end of this turn: if the upgrade is complete by then, the request is refused instead.
        if self.state.request != nil { self.release(after: .zero) }
    }

    package func upgradeAbandoned() {
        if self.state.phase == .releasing { self.state.phase = .open }
    }

    private func release(after delay: TimeAmount) {
        guard let request = self.state.request else { return }
        self.loop.timers.schedule(after: delay) { [weak self, weak request] in
            guard let self, let request, self.state.request === request, self.state.payload.readableBytes == 0,
                self.state.phase == .releasing
            else { return }
            self.write(.control(.noop(ByteBuffer())))
            self.flush()
        }
    }

    package func retire() {
        self.state.phase = .closed
        self.flush()
        if self.state.isLossless { self.dropRequest() }
        self.state.session = nil
        self.admitContender()
        guard let request = self.state.request else { return }
        self.state.request = nil
        request.respond(.error(.badRequest))
    }
}
