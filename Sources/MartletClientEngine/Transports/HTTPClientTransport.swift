// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1

/// A transport over HTTP: a GET brings packets down, and POSTs bring them up.
protocol HTTPClientTransport: ClientTransport, HTTPLaneUser {
    var link: HTTPLink { get }
}

extension HTTPClientTransport {
    var isNumbered: Bool { true }
    var isWritable: Bool { self.link.sender.isWritable }
    var host: (any ClientTransportHost)? { self.link.host }

    func write(_ packet: EnginePacket) -> Bool { self.link.sender.write(packet) }

    func flush() { self.link.sender.flush() }

    func close() { self.link.close() }

    /// Asks for packets, unless that is under way.
    /// - Parameters:
    ///   - fields: beside those of every request.
    ///   - isRepeatable: whether the request may be made once more if a kept connection turns out to be gone.
    func get(_ fields: [(name: String, value: String)] = [], isRepeatable: Bool) {
        guard let host = self.host, let lane = self.link.lane, !lane.isBusy else { return }
        var all = self.link.maker.fields()
        for (name, value) in fields { all.add(name: name, value: value) }
        let target = self.link.maker.target(self.name, host.terms(for: self, isPost: false))
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: all)
        lane.send(.init(head: head, isRepeatable: isRepeatable))
    }

    func failed(_ lane: HTTPLane, _ error: ClientError) { self.lost(error) }

    func lost(_ error: ClientError, _ reason: String = SessionEndReason.transportError) {
        self.host?.lost(self, reason, error.on(self.name))
    }
}

/// What a transport over HTTP has: its host, a lane for its GETs, and its POSTs.
final class HTTPLink {
    private(set) weak var host: (any ClientTransportHost)?
    let maker: RequestMaker
    let sender: PostSender
    private(set) var lane: HTTPLane?

    init(_ host: any ClientTransportHost, maker: RequestMaker, on eventLoop: any EventLoop) {
        self.host = host
        self.maker = maker
        self.sender = PostSender(host, maker: maker, on: eventLoop)
        self.lane = HTTPLane(maker, on: eventLoop)
    }

    /// - Parameter transport: whose link this is.
    func serve(_ transport: any HTTPClientTransport) {
        self.lane?.serve(transport)
        self.sender.serve(transport)
    }

    func close() {
        self.host = nil
        self.sender.close()
        self.lane.take()?.close()
    }
}
