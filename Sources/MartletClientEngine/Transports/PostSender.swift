// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// The way up of the transports over HTTP: POSTs, one at a time, each within the server's `maxPayload`.
final class PostSender: HTTPLaneUser {
    private weak var transport: (any ClientTransport)?
    private weak var host: (any ClientTransportHost)?
    private let maker: RequestMaker
    private var lane: HTTPLane?
    private var body = ByteBuffer()
    private var answer = AnswerBody(limit: 4096)

    init(_ host: any ClientTransportHost, maker: RequestMaker, on eventLoop: any EventLoop) {
        self.host = host
        self.maker = maker
        self.lane = HTTPLane(maker, on: eventLoop)
        self.lane?.serve(self)
    }

    /// - Parameter transport: whose way up this is.
    func serve(_ transport: any ClientTransport) { self.transport = transport }

    var isWritable: Bool { self.lane?.isBusy == false }
    var isBusy: Bool { self.lane?.isBusy == true }

    func write(_ packet: EnginePacket) -> Bool {
        guard let host = self.host, self.isWritable else { return false }
        let end = self.body.writerIndex
        if self.body.readableBytes > 0 { EnginePacket.writeSeparator(into: &self.body) }
        packet.writePolling(into: &self.body, resumable: host.isLossless)
        // A single packet that is too large is sent anyway: the server refuses it.
        guard end == 0 || self.body.readableBytes <= host.maxPostBytes else {
            self.body.moveWriterIndex(to: end)
            return false
        }
        return true
    }

    func flush() {
        guard self.body.readableBytes > 0, self.isWritable, let host = self.host, let transport = self.transport else {
            return
        }
        let body = self.body
        self.body = ByteBuffer()
        var fields = self.maker.fields()
        fields.add(name: "Content-Type", value: "text/plain; charset=UTF-8")
        fields.add(name: "Content-Length", value: "\(body.readableBytes)")
        let target = self.maker.target(transport.name, host.terms(for: transport, isPost: true))
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target, headers: fields)
        self.lane?.send(.init(head: head, body: body, isRepeatable: host.isLossless))
    }

    func close() {
        self.host = nil
        self.lane.take()?.close()
    }

    // MARK: HTTPLaneUser

    func answered(_ lane: HTTPLane, _ head: HTTPResponseHead) { self.answer.begin(head) }

    func received(_ lane: HTTPLane, _ body: ByteBuffer) { self.answer.append(body) }

    func ended(_ lane: HTTPLane) {
        guard let transport = self.transport else { return }
        do throws(ClientError) {
            let body = try self.answer.finish(path: self.maker.address.path)
            self.host?.posted(on: transport, isOK: body == Self.ok)
        } catch {
            self.fail(error, transport)
        }
    }

    func failed(_ lane: HTTPLane, _ error: ClientError) {
        if let transport = self.transport { self.fail(error, transport) }
    }

    private func fail(_ error: ClientError, _ transport: any ClientTransport) {
        self.host?.lost(transport, SessionEndReason.transportError, error.on(transport.name))
    }

    private static let ok = ByteBuffer(string: "ok")
}
