// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// Server-Sent Events (Protocol.md, section 3): each event is a packet, and POSTs bring packets up.
final class EventStreamClientTransport: HTTPClientTransport {
    let name = TransportName.sse
    let patience = 1
    let link: HTTPLink
    private let wantsLossless: Bool
    private var parser: EventStreamParser
    /// The answer, if it is none that begins a stream.
    private var refusal: AnswerBody?
    private var isReadingPaused = false

    init(
        _ host: any ClientTransportHost,
        maker: RequestMaker,
        configuration: ClientSessionConfiguration,
        on eventLoop: any EventLoop
    ) {
        self.link = HTTPLink(host, maker: maker, on: eventLoop)
        self.wantsLossless = configuration.wantsLossless
        self.parser = EventStreamParser(maxEventBytes: configuration.maxMessageBytes)
        self.link.serve(self)
    }

    var isBusy: Bool { self.link.sender.isBusy }

    func open() {
        self.get([("Accept", "text/event-stream"), ("Cache-Control", "no-cache")], isRepeatable: false)
    }

    func setReadingPaused(_ isPaused: Bool) {
        guard isPaused != self.isReadingPaused else { return }
        self.isReadingPaused = isPaused
        if !isPaused { self.readEvents() }
        self.link.lane?.setReadingPaused(self.isReadingPaused)
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
        self.readEvents()
    }

    private func readEvents() {
        do throws(ClientError) {
            while self.host != nil, !self.isReadingPaused, let data = try self.parser.next() {
                self.host?.received(try self.packet(data), on: self)
            }
        } catch {
            return self.lost(error, SessionEndReason.parseError)
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
            _ = try refusal.finish(path: self.link.maker.address.path)
            self.lost(ClientError(.unexpectedAnswer, "the answer is no event stream"))
        } catch {
            self.lost(error)
        }
    }
}
