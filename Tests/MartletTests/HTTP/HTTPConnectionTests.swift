// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import MartletEngine
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Martlet

struct HTTPConnectionTests {
    private final class Recorder: HTTPEndpoint {
        let exchanges = NIOLockedValueBox<[ServerExchange]>([])
        let bodies = NIOLockedValueBox<[String]>([])

        var maxBody: Int? { 100 }
        func takes(_ head: RequestHead) -> Bool { true }
        func headReceived(_ exchange: ServerExchange) -> (any RequestBodyReceiver)? {
            self.exchanges.withLockedValue { $0.append(exchange) }
            return nil
        }
        func requestReceived(_ exchange: ServerExchange, body: ByteBuffer) {
            self.bodies.withLockedValue { $0.append(String(buffer: body)) }
        }
        func shutDown() {}
    }

    private final class Host: HTTPConnectionHost {
        func passOn(_ part: RequestPart) {}
        func read() {}
        func writeContinue() {}
        func write(_ answer: HTTPAnswer, to exchange: ServerExchange, closes: Bool, _ sent: ((Bool) -> Void)?) {}
        func beginStream(_ head: HTTPAnswer, to exchange: ServerExchange, closes: Bool) {}
        func writeStream(_ bytes: ByteBuffer, _ sent: @escaping (Bool) -> Void) {}
        func endStream(_ sent: ((Bool) -> Void)?) {}
        func close() {}
        func replaceHTTP(with handler: WebSocketChannelHandler) throws {}
        func replaceHTTP(with handler: any RawBytesHandler) throws {}
    }

    private let endpoint = Recorder()
    private let host = Host()
    private let connection: HTTPConnection

    init() {
        self.connection = HTTPConnection(
            endpoints: [self.endpoint],
            channel: EmbeddedChannel(),
            isPlaintext: true,
            host: self.host
        )
    }

    private func receiveHead(contentLength: Int) throws {
        let fields = HTTPHeaders([("Host", "h"), ("Content-Length", "\(contentLength)")])
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/", headers: fields)
        self.connection.received(.head(try #require(RequestHead(head))))
    }

    /// A piece of a body as a loop reads it: a slice of much more memory.
    private func receiveBody(_ text: String) {
        var network = ByteBufferAllocator().buffer(capacity: 64 << 10)
        network.writeString(text)
        self.connection.received(.body(network))
    }

    @Test func aBodyThatComesSlowlyKeepsNoMoreThanItself() throws {
        try self.receiveHead(contentLength: 6)
        for piece in ["a", "bc"] {
            self.receiveBody(piece)
            let exchange = try #require(self.endpoint.exchanges.withLockedValue { $0.last })
            #expect(exchange.progress.body.storageCapacity < 1024)
        }
        self.receiveBody("def")
        self.connection.received(.end(nil))
        #expect(self.endpoint.bodies.withLockedValue { $0 } == ["abcdef"])
    }

    @Test func aBodyThatWaitsForItsTurnKeepsNoMoreThanItself() throws {
        for body in ["first", "second"] {
            try self.receiveHead(contentLength: body.utf8.count)
            self.receiveBody(body)
            self.connection.received(.end(nil))
        }
        #expect(self.endpoint.bodies.withLockedValue { $0 } == ["first"])
        let first = try #require(self.endpoint.exchanges.withLockedValue { $0.first })
        first.respond(HTTPAnswer(status: .ok, contentType: nil))
        #expect(self.endpoint.bodies.withLockedValue { $0 } == ["first", "second"])
    }

    @Test func whatWaitsHasMemoryOfItsOwn() {
        var network = ByteBufferAllocator().buffer(capacity: 64 << 10)
        network.writeString("body")
        guard case .body(let bytes) = RequestPart.body(network).retained() else {
            Issue.record("not a body")
            return
        }
        #expect(bytes.storageCapacity < 1024)
        #expect(String(buffer: bytes) == "body")
    }
}
