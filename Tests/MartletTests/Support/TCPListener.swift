// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server of bytes that a test makes up: takes the place of another node.
final class TCPListener: Sendable {
    private let listener: any Channel
    private let accepted: NIOLockedValueBox<[Accepted]>

    private struct Accepted: Sendable {
        let channel: any Channel
        let text: NIOLockedValueBox<String>
    }

    init() async throws {
        let accepted = NIOLockedValueBox<[Accepted]>([])
        self.accepted = accepted
        self.listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let text = NIOLockedValueBox("")
                    try channel.pipeline.syncOperations.addHandler(Reader(text))
                    accepted.withLockedValue { $0.append(Accepted(channel: channel, text: text)) }
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    var port: Int { self.listener.localAddress?.port ?? 0 }
    var count: Int { self.accepted.withLockedValue { $0.count } }

    /// Waits for the first request on the newest connection, and for its body of two bytes, if it has one.
    func request() async throws -> String {
        var request = ""
        try await eventually("a request") {
            request = self.accepted.withLockedValue { $0.last?.text.withLockedValue { $0 } ?? "" }
            return request.contains("\r\n\r\n") && (request.hasPrefix("GET") || !request.hasSuffix("\r\n\r\n"))
        }
        return request
    }

    /// Answers on the newest connection, and forgets what has come there.
    func answer(_ text: String) async throws {
        guard let last = self.accepted.withLockedValue({ $0.last }) else { throw TestFailure.ended }
        last.text.withLockedValue { $0 = "" }
        try await last.channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Closes the connections, not the listener.
    func closeConnections() async {
        for accepted in self.accepted.withLockedValue({ $0 }) { try? await accepted.channel.close() }
    }

    func close() async {
        await self.closeConnections()
        try? await self.listener.close()
    }

    private final class Reader: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let text: NIOLockedValueBox<String>

        init(_ text: NIOLockedValueBox<String>) {
            self.text = text
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = String(buffer: self.unwrapInboundIn(data))
            self.text.withLockedValue { $0 += bytes }
        }
    }
}
