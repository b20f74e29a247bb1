// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// Long polling: one GET at a time waits for packets, and POSTs bring them.
final class PollingClientTransport: ClientTransport, HTTPLaneUser {
    let name = TransportName.polling
    /// The first answer counts when all of it has come, so that opening takes longer.
    let patience = 3
    let isNumbered = true
    private weak var host: (any ClientTransportHost)?
    private let maker: RequestMaker
    private let sender: PostSender
    private let wantsLossless: Bool
    private var lane: HTTPLane?
    private var answer: AnswerBody

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
        self.answer = AnswerBody(limit: configuration.maxMessageBytes)
        self.lane = HTTPLane(maker, user: self, on: eventLoop)
        self.sender.serve(self)
    }

    var isWritable: Bool { self.sender.isWritable }
    var isBusy: Bool { self.lane?.isBusy == true || self.sender.isBusy }

    func open() { self.poll() }

    func write(_ packet: EnginePacket) -> Bool { self.sender.write(packet) }

    func flush() { self.sender.flush() }

    func poll() {
        guard let host = self.host, let lane = self.lane, !lane.isBusy else { return }
        let target = self.maker.target(self.name, host.terms(for: self, isPost: false))
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: self.maker.fields())
        lane.send(.init(head: head, isRepeatable: host.isLossless))
    }

    func close() {
        self.host = nil
        self.sender.close()
        self.lane.take()?.close()
    }

    // MARK: HTTPLaneUser

    func answered(_ lane: HTTPLane, _ head: HTTPResponseHead) { self.answer.begin(head) }

    func received(_ lane: HTTPLane, _ body: ByteBuffer) { self.answer.append(body) }

    func ended(_ lane: HTTPLane) {
        do throws(ClientError) {
            let body = try self.answer.finish(path: self.maker.address.path)
            self.deliver(try self.packets(body))
        } catch {
            let reason =
                error.code == .protocolViolation ? SessionEndReason.parseError : SessionEndReason.transportError
            self.host?.lost(self, reason, error.on(self.name))
        }
    }

    /// All packets of a body, so that none counts if one cannot be read.
    private func packets(_ body: ByteBuffer) throws(ClientError) -> [EnginePacket] {
        do throws(EngineIOError) {
            var iterator = try EnginePayloadIterator(body, resumable: self.wantsLossless)
            var packets: [EnginePacket] = []
            while let packet = try iterator.next() { packets.append(packet) }
            return packets
        } catch {
            throw ClientError(
                .protocolViolation, "the answer to a GET cannot be read: is this a server of Socket.IO 3 or later?")
        }
    }

    private func deliver(_ packets: [EnginePacket]) {
        for packet in packets { self.host?.received(packet, on: self) }
        self.host?.receivedAll(on: self)
    }

    func failed(_ lane: HTTPLane, _ error: ClientError) {
        self.host?.lost(self, SessionEndReason.transportError, error.on(self.name))
    }
}
