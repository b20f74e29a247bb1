// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// Long polling: one GET at a time waits for packets, and POSTs bring them.
final class PollingClientTransport: HTTPClientTransport {
    let name = TransportName.polling
    /// The first answer counts when all of it has come, so that opening takes longer.
    let patience = 3
    let link: HTTPLink
    private let wantsLossless: Bool
    private var answer: AnswerBody

    init(
        _ host: any ClientTransportHost,
        maker: RequestMaker,
        configuration: ClientSessionConfiguration,
        on eventLoop: any EventLoop
    ) {
        self.link = HTTPLink(host, maker: maker, on: eventLoop)
        self.wantsLossless = configuration.wantsLossless
        self.answer = AnswerBody(limit: configuration.maxMessageBytes)
        self.link.serve(self)
    }

    var isBusy: Bool { self.link.lane?.isBusy == true || self.link.sender.isBusy }

    func open() { self.poll() }

    func poll() { self.get(isRepeatable: self.host?.isLossless == true) }

    // MARK: HTTPLaneUser

    func answered(_ lane: HTTPLane, _ head: HTTPResponseHead) { self.answer.begin(head) }

    func received(_ lane: HTTPLane, _ body: ByteBuffer) { self.answer.append(body) }

    func ended(_ lane: HTTPLane) {
        do throws(ClientError) {
            let body = try self.answer.finish(path: self.link.maker.address.path)
            self.deliver(try self.packets(body))
        } catch {
            self.lost(
                error,
                error.code == .protocolViolation ? SessionEndReason.parseError : SessionEndReason.transportError)
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
}
