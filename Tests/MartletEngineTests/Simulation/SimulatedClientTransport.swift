// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import NIOCore

@testable import MartletClientEngine

/// A client's transport on simulated wires.
final class SimulatedClientTransport: ClientTransport {
    let name: TransportName
    let patience = 1
    var isNumbered: Bool { self.name != .websocket }
    var isBusy: Bool { self.post != nil || self.name == .polling && self.main != nil }
    private(set) var isClosed = false
    private weak var host: (any ClientTransportHost)?
    private let connect: (SimulatedWire) -> Void
    private let maxBody: Int
    /// The WebSocket, the event stream, or the GET that waits.
    private var main: SimulatedWire?
    private var post: SimulatedWire?
    private var body: [EnginePacket] = []
    private var parser = EventStreamParser(maxEventBytes: 1 << 20)

    private static let capacity = 24

    /// - Parameters:
    ///   - maxBody: how many packets a POST may have.
    ///   - connect: makes a wire to the server.
    init(
        _ name: TransportName, _ host: any ClientTransportHost, maxBody: Int,
        connect: @escaping (SimulatedWire) -> Void
    ) {
        self.name = name
        self.host = host
        self.maxBody = maxBody
        self.connect = connect
    }

    func open() {
        guard let terms = self.host?.terms(for: self, isPost: false) else { return }
        self.ask(terms.attach.map { .attach($0) } ?? .handshake, terms)
    }

    func poll() {
        guard self.name == .polling, self.main == nil, let terms = self.host?.terms(for: self, isPost: false) else {
            return
        }
        self.ask(.get, terms)
    }

    private func ask(_ purpose: SimulatedRequest.Purpose, _ terms: RequestTerms) {
        self.main = self.request(purpose, terms) { [unowned self] in self.receivedOnMain($0) }
    }

    private func request(
        _ purpose: SimulatedRequest.Purpose, _ terms: RequestTerms, _ onDown: @escaping (SimulatedWire.Down) -> Void
    ) -> SimulatedWire {
        let request = SimulatedRequest(
            purpose: purpose, transport: self.name, sid: terms.sid.flatMap { SessionID($0) },
            acknowledged: terms.ack ?? 0)
        let wire = SimulatedWire(request, onDown: onDown)
        self.connect(wire)
        return wire
    }

    // MARK: Out

    var isWritable: Bool {
        guard !self.isClosed, let host = self.host else { return false }
        _ = host
        return self.name == .websocket ? (self.main?.up.count ?? .max) < Self.capacity : self.post == nil
    }

    func becameWritable(_ wire: SimulatedWire) {
        if self.name == .websocket, wire === self.main, self.isWritable { self.host?.becameWritable(self) }
    }

    func write(_ packet: EnginePacket) -> Bool {
        if self.name == .websocket {
            self.main?.up.append(.packet(packet.owned))
            return true
        }
        guard self.body.count < self.maxBody else { return false }
        self.body.append(packet.owned)
        return true
    }

    func flush() {
        guard !self.body.isEmpty, self.post == nil, let host = self.host else { return }
        let terms = host.terms(for: self, isPost: true)
        var body = ByteBuffer()
        for packet in self.body {
            if body.readableBytes > 0 { EnginePacket.writeSeparator(into: &body) }
            packet.writePolling(into: &body, resumable: true)
        }
        self.body = []
        self.post = self.request(.post(first: terms.seq ?? 0, body: body), terms) { [unowned self] event in
            guard case .answer(let answer) = event else { return }
            self.post = nil
            guard answer.status == .ok else { return self.refused(answer) }
            self.host?.posted(on: self, isOK: answer.body == ByteBuffer(string: "ok"))
        }
    }

    // MARK: In

    private func receivedOnMain(_ event: SimulatedWire.Down) {
        switch event {
        case .packet(let packet):
            self.host?.received(packet, on: self)
            self.host?.receivedAll(on: self)
        case .closed(.sessionUnknown): self.fail(ClientError(.sessionUnknown, "unknown"))
        case .closed: self.fail(ClientError(.connectionLost, "closed"), SessionEndReason.transportClose)
        case .bytes(let bytes): self.readEvents(bytes)
        case .answer(let answer):
            self.main = nil
            guard answer.status == .ok else { return self.refused(answer) }
            if self.name == .sse { return self.readEvents(answer.body) }
            do {
                var packets = try EnginePayloadIterator(answer.body, resumable: true)
                while let packet = try packets.next() { self.host?.received(packet, on: self) }
                self.host?.receivedAll(on: self)
            } catch {
                self.fail(ClientError(.protocolViolation, "\(error)"), SessionEndReason.parseError)
            }
        }
    }

    private func readEvents(_ bytes: ByteBuffer) {
        self.parser.feed(bytes)
        do {
            while self.host != nil, let data = try self.parser.next() {
                self.host?.received(try EnginePacket.decodeEvent(data, resumable: true), on: self)
            }
            self.host?.receivedAll(on: self)
        } catch {
            self.fail(ClientError(.protocolViolation, "\(error)"), SessionEndReason.parseError)
        }
    }

    private func refused(_ answer: HTTPAnswer) {
        self.fail(.answer(status: answer.status.code, body: String(buffer: answer.body), path: "/"))
    }

    /// A wire has failed, as far as the client can see.
    func lose(_ wire: SimulatedWire) {
        guard wire === self.main || wire === self.post else { return }
        self.fail(ClientError(.connectionLost, "lost"), SessionEndReason.transportClose)
    }

    private func fail(_ error: ClientError, _ reason: String = SessionEndReason.transportError) {
        self.host?.lost(self, reason, error)
    }

    func close() {
        self.isClosed = true
        self.host = nil
        self.main?.leave()
        self.post?.leave()
    }
}

extension EnginePacket {
    /// The same packet in memory of its own.
    fileprivate var owned: EnginePacket {
        switch self {
        case .text(let text): .text(text.ownCopy())
        case .binary(let bytes): .binary(bytes.ownCopy())
        case .open(let rest): .open(rest.ownCopy())
        case .close(let rest): .close(rest.ownCopy())
        case .ping(let rest): .ping(rest.ownCopy())
        case .pong(let rest): .pong(rest.ownCopy())
        case .noop(let rest): .noop(rest.ownCopy())
        case .upgrade: .upgrade
        }
    }
}
