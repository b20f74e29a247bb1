// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
package import NIOCore
internal import NIOHTTP1
internal import WebSocketWire

/// One request by itself, and its answer as it came: for tools that look at what stands between a client and a server.
package final class RequestProbe: HTTPLaneUser {
    package struct Request: Sendable {
        package var transport: TransportName
        /// Nil: the request opens a session.
        package var sid: String?
        package var isUpgrade = false
        package var fields: [(name: String, value: String)] = []
        /// Sent by POST.
        package var body: ByteBuffer?

        package init(_ transport: TransportName) { self.transport = transport }
    }

    package struct Answer: Sendable {
        package let status: Int
        package let fields: [(name: String, value: String)]
        package let body: ByteBuffer

        package func first(_ name: String) -> String? {
            self.fields.first { $0.name.lowercased() == name }?.value
        }
    }

    private let promise: EventLoopPromise<Answer>
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()
    private var lane: HTTPLane?

    /// How much of an answer's body is kept.
    private static let maxBody = 1 << 16

    private init(_ promise: EventLoopPromise<Answer>) { self.promise = promise }

    /// Makes a request on a connection of its own. The answer to an upgrade ends with its head.
    /// - Returns: fails with a ``ClientError`` when there is no answer within `limit`.
    package static func send(
        _ request: Request,
        to address: ServerAddress,
        configuration: ClientSessionConfiguration,
        within limit: TimeAmount,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Answer> {
        eventLoop.flatSubmit {
            let promise = eventLoop.makePromise(of: Answer.self)
            let probe = RequestProbe(promise)
            probe.start(request, RequestMaker(address, configuration), on: eventLoop)
            let timer = eventLoop.assumeIsolated().scheduleTask(in: limit) {
                probe.finish(.failure(ClientError(.timeout, "no answer came in time")))
            }
            promise.futureResult.assumeIsolated().whenComplete { _ in
                timer.cancel()
                probe.lane?.close()
            }
            return promise.futureResult
        }
    }

    private func start(_ request: Request, _ maker: RequestMaker, on eventLoop: any EventLoop) {
        var fields = maker.fields()
        for (name, value) in request.fields { fields.replaceOrAdd(name: name, value: value) }
        if request.isUpgrade {
            let handshake = WebSocketClientHandshake(nonce: RandomPool.next(), offersDeflate: true)
            fields.add(name: "Connection", value: "Upgrade")
            fields.add(name: "Upgrade", value: "websocket")
            fields.add(name: "Sec-WebSocket-Version", value: WebSocketHandshake.version)
            fields.add(name: "Sec-WebSocket-Key", value: handshake.key)
            if let extensions = handshake.extensions {
                fields.add(name: "Sec-WebSocket-Extensions", value: extensions)
            }
        }
        if let body = request.body {
            fields.add(name: "Content-Type", value: "text/plain; charset=UTF-8")
            fields.add(name: "Content-Length", value: "\(body.readableBytes)")
        }
        let target = maker.target(request.transport, RequestTerms(sid: request.sid))
        let method = request.body == nil ? HTTPMethod.GET : .POST
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: fields)
        let lane = HTTPLane(maker, on: eventLoop)
        lane.serve(self)
        self.lane = lane
        lane.send(.init(head: head, body: request.body, isRepeatable: false))
    }

    private func finish(_ result: Result<Answer, any Error>) {
        self.promise.completeWith(result)
    }

    // MARK: HTTPLaneUser

    func answered(_ lane: HTTPLane, _ head: HTTPResponseHead) {
        self.head = head
        if head.status == .switchingProtocols { self.ended(lane) }
    }

    func received(_ lane: HTTPLane, _ body: ByteBuffer) {
        let room = Self.maxBody - self.body.readableBytes
        self.body.writeBytes(body.readableBytesView.prefix(room))
    }

    func ended(_ lane: HTTPLane) {
        guard let head = self.head else { return }
        self.finish(
            .success(
                Answer(
                    status: Int(head.status.code), fields: head.headers.map { ($0.name, $0.value) }, body: self.body)))
    }

    func failed(_ lane: HTTPLane, _ error: ClientError) { self.finish(.failure(error)) }
}
