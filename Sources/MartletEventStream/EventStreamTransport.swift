// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
package import MartletEngine
package import NIOCore

/// Server-Sent Events, downwards: one answer without an end, each event of which is a packet.
///
/// What the client sends comes by POST, which every transport of HTTP requests shares; see ``Session/beginUpload()``.
package final class EventStreamTransport: Transport {
    private let stream: any HTTPExchange
    // `@exclusivity(unchecked)`: see LoopContext.
    @exclusivity(unchecked) private var events = ByteBuffer()
    /// Let go when the stream ends; a weak reference would make every retain of a session slower.
    @exclusivity(unchecked) private var session: Session?
    private var isLossless = false
    private let loop: LoopContext
    private let keepAlive: TimeAmount
    @exclusivity(unchecked) private var lastWrite: NIODeadline
    private var keepAliveTimer: LoopTimers.Token?
    @exclusivity(unchecked) private var isOpen = true

    /// Unsent bytes past which the session keeps what follows.
    private static let highWaterMark = 64 << 10

    /// Begins the stream.
    /// - Parameter keepAlive: how long the stream may be silent; then a comment is sent, so that proxies keep it.
    package init(stream: any HTTPExchange, loop: LoopContext, keepAlive: TimeAmount) {
        self.stream = stream
        self.loop = loop
        self.keepAlive = keepAlive
        self.lastWrite = loop.timers.now
    }

    /// Begins the answer.
    package func bind(to session: Session) {
        self.session = session
        self.isLossless = session.isLossless
        self.stream.beginStream(Self.answer())
        // A stream that has ended forgets these.
        self.stream.onLost = { self.lost() }
        self.stream.onWritable = { self.session?.transportBecameWritable(self) }
        self.scheduleKeepAlive()
    }

    /// An answer that is an event stream, or the head of one that goes on.
    package static func answer(_ events: ByteBuffer = ByteBuffer()) -> HTTPAnswer {
        var answer = HTTPAnswer(status: .ok, contentType: "text/event-stream", body: events)
        answer.cacheControl = "no-cache, no-store, no-transform"
        // nginx would otherwise collect events until its buffer is full.
        if let accelBuffering = HTTPField.Name("X-Accel-Buffering") { answer.otherFields[accelBuffering] = "no" }
        return answer
    }

    package var name: TransportName { .sse }
    package var upgrades: [TransportName] { [.websocket] }
    package var unsentBytes: Int { self.events.readableBytes + self.stream.unsentBytes }
    package var isWritable: Bool { self.isOpen && self.unsentBytes < Self.highWaterMark }
    package var sendsAtOnce: Bool { self.isWritable && self.stream.unsentBytes == 0 }

    package func write(_ packet: OutboundPacket) {
        guard self.isOpen else { return }
        if self.events.readableBytes == 0 { self.loop.setNeedsFlush(self) }
        packet.writeEventStream(into: &self.events, lossless: self.isLossless)
        if self.events.readableBytes >= Self.highWaterMark { self.flush() }
    }

    package func flush() {
        guard self.events.readableBytes > 0 else { return }
        self.lastWrite = self.loop.timers.now
        let events = self.events
        self.events = ByteBuffer()
        self.stream.writeStream(events)
    }

    package func close(_ reason: TransportCloseReason) {
        guard self.isOpen else { return }
        self.write(.control(.close(ByteBuffer())))
        self.end()
    }

    package func retire() {
        guard self.isOpen else { return }
        self.end()
    }

    private func end() {
        self.flush()
        self.isOpen = false
        self.cancelKeepAlive()
        self.session = nil
        self.stream.endStream()
    }

    private func lost() {
        guard self.isOpen else { return }
        self.isOpen = false
        self.events.clear()
        self.cancelKeepAlive()
        self.session.take()?.transportClosed(self, .transportClose, hadBegun: self.stream.hasSentOutput)
    }

    // MARK: Keeping proxies awake

    private func scheduleKeepAlive() {
        let due = self.lastWrite + self.keepAlive
        self.keepAliveTimer = self.loop.timers.schedule(at: due) {
            guard self.isOpen else { return }
            if self.loop.timers.now >= self.lastWrite + self.keepAlive {
                // What this turn has written already stands for the comment. It leaves now: were it left to the end of
                // the turn, the next timer would be due at once, and so on for ever.
                if self.events.readableBytes == 0 { EnginePacket.writeEventStreamComment(into: &self.events) }
                self.flush()
            }
            self.scheduleKeepAlive()
        }
    }

    private func cancelKeepAlive() {
        if let timer = self.keepAliveTimer { self.loop.timers.cancel(timer) }
        self.keepAliveTimer = nil
    }
}
