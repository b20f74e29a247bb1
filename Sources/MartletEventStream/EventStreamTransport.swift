// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
package import MartletEngine
package import NIOCore

/// The server-to-client half of Server-Sent Events: one answer without an end, in which each event is a packet.
///
/// The client's own packets come by POST, as on every transport of HTTP requests; see ``Session/beginUpload()``.
package final class EventStreamTransport: Transport {
    private let stream: any HTTPExchange
    private let loop: LoopContext
    private let keepAlive: TimeAmount
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state: State

    private struct State {
        /// Set to nil when the stream ends. A weak reference would make every retain of a session slower.
        var session: Session?
        var isLossless = false
        /// The packets of this turn.
        var events = ByteBuffer()
        var lastWrite: NIODeadline
        var keepAliveTimer: LoopTimers.Token?
        var isOpen = true
    }

    /// The number of unsent bytes past which the session keeps further packets.
    private static let highWaterMark = 64 << 10

    /// Begins the stream.
    /// - Parameter keepAlive: how long the stream may be silent before a comment is sent, so that proxies keep it open.
    package init(stream: any HTTPExchange, loop: LoopContext, keepAlive: TimeAmount) {
        self.stream = stream
        self.loop = loop
        self.keepAlive = keepAlive
        self.state = State(lastWrite: loop.timers.now)
    }

    /// Begins the answer.
    package func bind(to session: Session) {
        self.state.session = session
        self.state.isLossless = session.isLossless
        self.stream.beginStream(Self.answer())
        // The stream drops these closures at its end, so there is no lasting retain cycle.
        self.stream.onLost = { self.lost() }
        self.stream.onWritable = { self.state.session?.transportBecameWritable(self) }
        self.scheduleKeepAlive()
    }

    /// An answer that is a complete event stream of `events`, or the head of a stream that goes on.
    package static func answer(_ events: ByteBuffer = ByteBuffer()) -> HTTPAnswer {
        var answer = HTTPAnswer(status: .ok, contentType: "text/event-stream", body: events)
        answer.cacheControl = "no-cache, no-store, no-transform"
        // Without this field nginx collects events until its buffer is full.
        if let accelBuffering = HTTPField.Name("X-Accel-Buffering") { answer.otherFields[accelBuffering] = "no" }
        return answer
    }

    package var name: TransportName { .sse }
    package var upgrades: [TransportName] { [.websocket] }
    package var unsentBytes: Int { self.state.events.readableBytes + self.stream.unsentBytes }
    package var isWritable: Bool { self.state.isOpen && self.unsentBytes < Self.highWaterMark }
    package var sendsAtOnce: Bool { self.isWritable && self.stream.unsentBytes == 0 }

    package func write(_ packet: OutboundPacket) {
        guard self.state.isOpen else { return }
        if self.state.events.readableBytes == 0 { self.loop.setNeedsFlush(self) }
        packet.writeEventStream(into: &self.state.events, lossless: self.state.isLossless)
        if self.state.events.readableBytes >= Self.highWaterMark { self.flush() }
    }

    package func flush() {
        guard self.state.events.readableBytes > 0 else { return }
        self.state.lastWrite = self.loop.timers.now
        let events = self.state.events
        self.state.events = ByteBuffer()
        self.stream.writeStream(events)
    }

    package func close(_ reason: TransportCloseReason) {
        guard self.state.isOpen else { return }
        self.write(.control(.close(ByteBuffer())))
        self.end()
    }

    package func retire() {
        guard self.state.isOpen else { return }
        self.end()
    }

    private func end() {
        self.flush()
        self.state.isOpen = false
        self.cancelKeepAlive()
        self.state.session = nil
        self.stream.endStream()
    }

    private func lost() {
        guard self.state.isOpen else { return }
        self.state.isOpen = false
        self.state.events.clear()
        self.cancelKeepAlive()
        self.state.session.take()?.transportClosed(self, .transportClose, hadBegun: self.stream.hasSentOutput)
    }

    // MARK: Keeping proxies awake

    private func scheduleKeepAlive() {
        let due = self.state.lastWrite + self.keepAlive
        self.state.keepAliveTimer = self.loop.timers.schedule(at: due) {
            guard self.state.isOpen else { return }
            if self.loop.timers.now >= self.state.lastWrite + self.keepAlive {
                // Events written in this turn make a comment unnecessary. Flush now: at the end of the turn, the next
                // timer would already be due, and so on endlessly.
                if self.state.events.readableBytes == 0 {
                    EnginePacket.writeEventStreamComment(into: &self.state.events)
                }
                self.flush()
            }
            self.scheduleKeepAlive()
        }
    }

    private func cancelKeepAlive() {
        if let timer = self.state.keepAliveTimer { self.loop.timers.cancel(timer) }
        self.state.keepAliveTimer = nil
    }
}
