// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOPosix

/// What serves the server under test.
enum TestHost: CaseIterable, Sendable {
    /// A server of Martlet's own.
    case standalone
    /// The HTTP pipeline that NIO sets up, with a handler behind ours that answers all the rest.
    case embedded
}

/// Runs `body` against a server with two event loops, so that sessions and requests meet across loops.
func withServer(
    _ host: TestHost = .standalone,
    _ mounts: [MartletServer.Mount],
    configure: (inout MartletServer.Configuration) -> Void = { _ in },
    _ body: (_ port: Int) async throws -> Void
) async throws {
    switch host {
    case .standalone:
        var configuration = MartletServer.Configuration(port: 0, threads: 2)
        configuration.shutdownTimeout = .milliseconds(500)
        configure(&configuration)
        let (addresses, listening) = AsyncStream.makeStream(of: Int.self)
        let server = MartletServer(mounts, configuration: configuration) { request in
            request.path == "/health" ? .init(status: .ok, body: ByteBuffer(string: "fine")) : nil
        } onListening: {
            listening.yield($0.port ?? 0)
        }
        let running = Task { try await server.run() }
        do {
            guard let port = await addresses.first(where: { _ in true }) else { throw TestFailure.ended }
            try await body(port)
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        running.cancel()
        try await running.value
    case .embedded:
        let listener = try await EmbeddedServer.listen(mounts)
        do {
            try await body(listener.localAddress?.port ?? 0)
        } catch {
            try? await listener.close()
            throw error
        }
        try await listener.close()
    }
}

/// As ``withServer(_:_:configure:_:)``, with one Socket.IO server.
func withServer(_ host: TestHost = .standalone, _ io: SocketIOServer, _ body: (_ port: Int) async throws -> Void)
    async throws
{
    try await withServer(host, [.socketIO(io)], body)
}

enum EmbeddedServer {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    /// - Parameter accepted: called with each connection.
    static func listen(
        _ mounts: [MartletServer.Mount],
        withPipeliningAssistance: Bool = true,
        accepted: @escaping @Sendable (any Channel) -> Void = { _ in }
    ) async throws -> any Channel {
        try await ServerBootstrap(group: self.group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                accepted(channel)
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: withPipeliningAssistance)
                    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
                    try pipeline.addHandler(MartletServer.channelHandler(mounts, isPlaintext: true))
                    try pipeline.addHandler(Tail())
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    /// The rest of a server: answers with what it was asked, after a turn of the event loop.
    private final class Tail: ChannelDuplexHandler {
        typealias InboundIn = HTTPRequestPart
        typealias OutboundIn = HTTPResponsePart
        typealias OutboundOut = HTTPResponsePart

        private var head: HTTPRequest?
        private var body = ByteBuffer()

        /// As servers do that keep count of answers: bytes that came this way would be their end.
        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            _ = self.unwrapOutboundIn(data)
            context.write(data, promise: promise)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(var bytes): self.body.writeBuffer(&bytes)
            case .end:
                guard let head = self.head else { return }
                let text = "tail: \(head.method) \(head.path ?? "") \(String(buffer: self.body))"
                self.head = nil
                self.body.clear()
                let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
                context.eventLoop.execute { Self.answer(text, bound.value) }
            }
        }

        private static func answer(_ text: String, _ context: ChannelHandlerContext) {
            let fields: HTTPFields = [.contentLength: "\(text.utf8.count)"]
            let head = HTTPResponsePart.head(HTTPResponse(status: .ok, headerFields: fields))
            context.write(NIOAny(head), promise: nil)
            context.write(NIOAny(HTTPResponsePart.body(ByteBuffer(string: text))), promise: nil)
            context.writeAndFlush(NIOAny(HTTPResponsePart.end(nil)), promise: nil)
        }
    }
}
