// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// Server-Sent Events (Protocol.md, section 3): each event is a packet, and POSTs bring packets up.
final class EventStreamClientTransport: ClientTransport, HTTPLaneUser {
    let name = TransportName.sse
    let patience = 1
    let isNumbered = true
    private weak var host: (any ClientTransportHost)?
    private let maker: RequestMaker
    private let sender: PostSender
    private let wantsLossless: Bool
    private var lane: HTTPLane?
    private var parser: EventStreamParser
    /// The answer, if it is none that begins a stream.
    private var refusal: AnswerBody?

    init(
        _ host: any ClientTransportHost,
        maker: RequestMaker,
        configuration: ClientSessionConfiguration,
        on eventLoop: any EventLoop
    ) {
        self.host = host
        self.maker = maker
        self.sender = PostSender(host, maker: maker, on: eventLoop)
        self.wantsLossless = configuration.wantsLossless
        self.parser = EventStreamParser(maxEventBytes: configuration.maxMessageBytes)
        self.lane = HTTPLane(maker, user: self, on: eventLoop)
        self.sender.serve(self)
    }

    var isWritable: Bool { self.sender.isWritable }
    var isBusy: Bool { self.sender.isBusy }

    func open() {
        guard let host = self.host else { return }
        var fields = self.maker.fields()
        fields.add(name: "Accept", value: "text/event-stream")
        fields.add(name: "Cache-Control", value: "no-cache")
        let target = self.maker.target(self.name, host.terms(for: self, isPost: false))
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: fields)
        self.lane?.send(.init(head: head, isRepeatable: false))
    }

    func write(_ packet: EnginePacket) -> Bool { self.sender.write(packet) }

    func flush() { self.sender.flush() }

    func poll() {}

    func close() {
        self.host = nil
        self.sender.close()
        self.lane.take()?.close()
    }

    // MARK: HTTPLaneUser

    func answered(_ lane: HTTPLane, _ head: HTTPResponseHead) {
        let type = head.headers.first(name: "content-type") ?? ""
        guard head.status == .ok, type.lowercased().hasPrefix("text/event-stream") else {
            self.refusal = AnswerBody(limit: 1 << 16)
            self.refusal?.begin(head)
            return
        }
    }

    func received(_ lane: HTTPLane, _ body: ByteBuffer) {
        if self.refusal != nil {
            self.refusal?.append(body)
            return
        }
        self.parser.feed(body)
        do throws(ClientError) {
            while self.host != nil, let data = try self.parser.next() {
                self.host?.received(try self.packet(data), on: self)
            }
        } catch {
            self.host?.lost(self, SessionEndReason.parseError, error.on(self.name))
            return
        }
        self.host?.receivedAll(on: self)
    }

    private func packet(_ data: ByteBuffer) throws(ClientError) -> EnginePacket {
        do throws(EngineIOError) {
            return try EnginePacket.decodeEvent(data, resumable: self.wantsLossless)
        } catch {
            throw ClientError(.protocolViolation, "an event cannot be read")
        }
    }

    func ended(_ lane: HTTPLane) {
        guard var refusal = self.refusal.take() else {
            return self.lost(ClientError(.connectionLost, "the stream has ended"), SessionEndReason.transportClose)
        }
        do throws(ClientError) {
            _ = try refusal.finish(path: self.maker.address.path)
            self.lost(ClientError(.unexpectedAnswer, "the answer is no event stream"))
        } catch {
            self.lost(error)
        }
    }

    func failed(_ lane: HTTPLane, _ error: ClientError) { self.lost(error) }

    private func lost(_ error: ClientError, _ reason: String = SessionEndReason.transportError) {
        self.host?.lost(self, reason, error.on(self.name))
    }
}
