// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import NIOCore

/// A client of the lossless session, as Protocol.md, section 4, describes one. Each message is its own number, so it
/// keeps none: what it has sent and must be able to send again follows from three counts.
final class SimulatedClient {
    /// A transport, from the request that asks for it to its end.
    final class Stream {
        let transport: TransportName
        /// What the request that asked for it acknowledged.
        let acknowledged: Int
        /// The number of the next message that comes on it; `nil` before its open packet.
        var next: Int?
        /// The WebSocket, the event stream, or the GET that waits.
        var wire: SimulatedWire?
        var post: SimulatedWire?
        var eventBytes = ByteBuffer()
        /// The first message that a WebSocket has not been given.
        var nextUp = 0
        /// Pongs and acknowledgements for the next POST.
        var controls: [EnginePacket] = []
        /// Refusals in a row.
        var refusals = 0

        init(_ transport: TransportName, acknowledged: Int) {
            self.transport = transport
            self.acknowledged = acknowledged
        }

        func leave() {
            self.wire?.leave()
            self.post?.leave()
        }
    }

    private(set) var current: Stream?
    private(set) var attempt: Stream?
    private(set) var sid: SessionID?
    private(set) var receivedCount = 0
    private(set) var sentCount = 0
    /// How many of the sent messages the server has.
    private(set) var acknowledgedCount = 0
    /// Whether the server has said that the session is over.
    private(set) var isEnded = false
    private(set) var faults: [String] = []
    private(set) var openCount = 0
    private var toldCount = 0
    private var attachNumber = 0
    private let connect: (SimulatedWire) -> Void

    /// - Parameter connect: makes a wire to the server.
    init(connect: @escaping (SimulatedWire) -> Void) { self.connect = connect }

    /// While an attach is under way nothing above what it acknowledged may be.
    private var acknowledgeable: Int {
        self.attempt.map { min($0.acknowledged, self.receivedCount) } ?? self.receivedCount
    }

    var hasUnacknowledged: Bool { self.acknowledgedCount < self.sentCount }

    // MARK: Out

    func open(_ transport: TransportName) {
        self.ask(.handshake, transport)
    }

    /// Moves the session, whatever it is on; an attempt that is under way is given up.
    func attach(_ transport: TransportName) {
        guard !self.isEnded else { return }
        self.attempt?.leave()
        self.attachNumber += 1
        self.ask(.attach(self.attachNumber), transport)
    }

    private func ask(_ purpose: SimulatedRequest.Purpose, _ transport: TransportName) {
        let stream = Stream(transport, acknowledged: self.receivedCount)
        self.attempt = stream
        stream.wire = self.request(purpose, stream, acknowledging: self.receivedCount) { [unowned self] in
            self.receivedOnMain($0, stream, after: nil)
        }
    }

    private func request(
        _ purpose: SimulatedRequest.Purpose,
        _ stream: Stream,
        acknowledging count: Int,
        _ onDown: @escaping (SimulatedWire.Down) -> Void
    ) -> SimulatedWire {
        let request = SimulatedRequest(
            purpose: purpose, transport: stream.transport, sid: self.sid, acknowledged: count)
        let wire = SimulatedWire(request, onDown: onDown)
        self.connect(wire)
        return wire
    }

    func send() {
        guard !self.isEnded else { return }
        self.sentCount += 1
    }

    /// Does what the transport in use has room for.
    func pump(maxBody: Int) {
        guard !self.isEnded, let stream = self.current else { return }
        if self.receivedCount - self.toldCount >= 64 { self.acknowledge() }
        guard stream.transport != .websocket else {
            guard let wire = stream.wire else { return }
            while stream.nextUp <= self.sentCount {
                wire.up.append(.packet(self.message(stream.nextUp)))
                stream.nextUp += 1
            }
            return
        }
        if stream.transport == .polling, stream.wire == nil { self.poll(stream) }
        if stream.post == nil, self.hasUnacknowledged || !stream.controls.isEmpty { self.post(stream, maxBody) }
    }

    private func message(_ number: Int) -> EnginePacket {
        number % 4 == 0 ? .binary(ByteBuffer(number: number)) : .text(ByteBuffer(number: number))
    }

    private func poll(_ stream: Stream) {
        let acknowledged = self.acknowledgeable
        self.toldCount = max(self.toldCount, acknowledged)
        stream.wire = self.request(.get, stream, acknowledging: acknowledged) { [unowned self] in
            self.receivedOnMain($0, stream, after: acknowledged)
        }
    }

    private func post(_ stream: Stream, _ maxBody: Int) {
        let first = self.acknowledgedCount + 1
        let last = min(self.sentCount, self.acknowledgedCount + maxBody)
        var body = ByteBuffer()
        var packets = stream.controls
        if last >= first { packets += (first...last).map(self.message) }
        stream.controls = []
        for packet in packets {
            if body.readableBytes > 0 { EnginePacket.writeSeparator(into: &body) }
            packet.writePolling(into: &body, resumable: true)
        }
        stream.post = self.request(.post(first: first, body: body), stream, acknowledging: self.acknowledgeable) {
            [unowned self] in
            guard case .answer(let answer) = $0 else { return }
            stream.post = nil
            if answer.status == .ok, answer.body == ByteBuffer(string: "ok") {
                self.acknowledgedCount = max(self.acknowledgedCount, last)
                stream.refusals = 0
            } else {
                self.refused(answer, stream)
            }
        }
    }

    /// Tells the server what has come.
    func acknowledge() {
        self.control(.noop(EngineCount.buffer(self.acknowledgeable)))
    }

    private func control(_ packet: EnginePacket) {
        guard let stream = self.current else { return }
        self.toldCount = max(self.toldCount, self.acknowledgeable)
        if stream.transport == .websocket {
            stream.wire?.up.append(.packet(packet))
        } else {
            stream.controls.append(packet)
        }
    }

    // MARK: In

    private func receivedOnMain(_ event: SimulatedWire.Down, _ stream: Stream, after: Int?) {
        switch event {
        case .packet(let packet):
            self.received(packet, stream)
        case .closed(let end):
            if end == .sessionUnknown { self.ended() } else { self.lost(stream.wire) }
        case .bytes(let bytes):
            stream.eventBytes.writeImmutableBuffer(bytes)
            self.readEvents(stream)
        case .answer(let answer):
            stream.wire = nil
            guard answer.status == .ok else { return self.refused(answer, stream) }
            stream.refusals = 0
            if stream.transport == .sse {
                stream.eventBytes.writeImmutableBuffer(answer.body)
                return self.readEvents(stream)
            }
            if let after { stream.next = after + 1 }
            do {
                var packets = try EnginePayloadIterator(answer.body, resumable: true)
                while let packet = try packets.next() { self.received(packet, stream) }
            } catch {
                self.faults.append("the answer is no payload: \(String(buffer: answer.body))")
            }
        }
    }

    /// Takes the events that are complete; none of the simulation's messages has a second line.
    private func readEvents(_ stream: Stream) {
        while true {
            let view = stream.eventBytes.readableBytesView
            guard let end = view.firstIndex(of: 0x0a), end + 1 < view.endIndex else { return }
            let line = stream.eventBytes.readSlice(length: end - view.startIndex)
            stream.eventBytes.moveReaderIndex(forwardBy: 2)
            guard var data = line, data.readString(length: 6) == "data: " else { continue }
            do {
                self.received(try EnginePacket.decodePollingPacket(data, resumable: true), stream)
            } catch {
                self.faults.append("the event is no packet: \(String(buffer: data))")
            }
        }
    }

    private func received(_ packet: EnginePacket, _ stream: Stream) {
        guard !self.isEnded else { return }
        switch packet {
        case .open(let json): self.opened(json, stream)
        case .text(let message), .binary(let message): self.received(message: message, stream)
        case .ping(let count):
            self.serverReceived(count)
            if stream === self.current { self.control(.pong(EngineCount.buffer(self.acknowledgeable))) }
        case .noop(let count): self.serverReceived(count)
        case .close: self.ended()
        case .pong, .upgrade: self.faults.append("unexpected \(packet)")
        }
    }

    private func opened(_ json: ByteBuffer, _ stream: Stream) {
        guard let open = try? EngineOpen(json: json), stream === self.attempt else {
            return self.faults.append("unexpected open packet \(String(buffer: json))")
        }
        if self.sid == nil { self.sid = SessionID(open.sid) }
        let (ack, from) = (open.ack ?? 0, open.from ?? 0)
        if from > self.receivedCount { self.faults.append("from \(from), but received \(self.receivedCount)") }
        if ack > self.sentCount { self.faults.append("ack \(ack), but sent \(self.sentCount)") }
        if stream.transport == .websocket, ack < self.acknowledgedCount {
            self.faults.append("ack \(ack), but before it was \(self.acknowledgedCount)")
        }
        self.acknowledgedCount = max(self.acknowledgedCount, ack)
        stream.next = from + 1
        stream.nextUp = ack + 1
        self.current?.leave()
        self.current = stream
        self.attempt = nil
        self.openCount += 1
    }

    private func received(message: ByteBuffer, _ stream: Stream) {
        guard let number = stream.next else { return self.faults.append("a message before the open packet") }
        stream.next = number + 1
        if number > self.receivedCount + 1 { self.faults.append("\(number) after \(self.receivedCount)") }
        if message.number != number { self.faults.append("\(message.number ?? -1) in the place of \(number)") }
        self.receivedCount = max(self.receivedCount, number)
    }

    private func serverReceived(_ rest: ByteBuffer) {
        guard let count = EngineCount.parse(rest) else { return }
        if count > self.sentCount { self.faults.append("acknowledged \(count) of \(self.sentCount)") }
        self.acknowledgedCount = max(self.acknowledgedCount, count)
    }

    // MARK: Loss

    private func refused(_ answer: HTTPAnswer, _ stream: Stream) {
        if answer.body == EngineIOError.unknownSession.body { return self.ended() }
        stream.refusals += 1
        if stream === self.attempt {
            self.attempt = nil
        } else if stream === self.current, stream.refusals > 2 {
            self.leaveCurrent()
        }
    }

    /// A wire has failed, as far as the client can see.
    func lost(_ wire: SimulatedWire?) {
        guard let wire else { return }
        wire.leave()
        if wire === self.attempt?.wire {
            self.attempt = nil
        } else if wire === self.current?.post {
            self.current?.post = nil
        } else if wire === self.current?.wire {
            // Polling asks again; what else is lost has to be attached anew.
            if self.current?.transport == .polling { self.current?.wire = nil } else { self.leaveCurrent() }
        }
    }

    private func leaveCurrent() {
        self.current?.leave()
        self.current = nil
    }

    private func ended() {
        self.isEnded = true
        self.attempt?.leave()
        self.leaveCurrent()
        self.attempt = nil
    }
}
