// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Stands between a client and a server, and breaks their connections as a test says.
final class CuttingProxy: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var count = 0
        /// Whether connections from now on are closed at once.
        var refuses: @Sendable (String) -> Bool = { _ in false }
        var heads: [String] = []
        var isStalled = false
    }

    private let state = NIOLockedValueBox(State())
    private let listener = NIOLockedValueBox<(any Channel)?>(nil)

    static func run(to port: Int, _ body: (CuttingProxy) async throws -> Void) async throws {
        let proxy = CuttingProxy()
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Front(proxy, port: port))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        proxy.listener.withLockedValue { $0 = listener }
        do {
            try await body(proxy)
        } catch {
            try? await listener.close()
            proxy.cut()
            throw error
        }
        try? await listener.close()
        proxy.cut()
    }

    var port: Int { self.listener.withLockedValue { $0?.localAddress?.port ?? 0 } }
    /// The first lines of the requests that have come.
    var requests: [String] {
        self.heads.filter { $0.hasPrefix("GET ") || $0.hasPrefix("POST ") }.map { String($0.prefix { $0 != "\r\n" }) }
    }
    /// What has come, each time.
    var heads: [String] { self.state.withLockedValue { $0.heads } }
    var count: Int { self.state.withLockedValue { $0.count } }

    /// Closes all connections.
    func cut() {
        let channels = self.state.withLockedValue { state in
            defer { state.channels = [] }
            return state.channels
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// From now on nothing gets through, and no connection is closed.
    func stall() { self.state.withLockedValue { $0.isStalled = true } }

    private var isStalled: Bool { self.state.withLockedValue { $0.isStalled } }

    /// - Parameter refuses: whether a connection is closed that begins with this.
    func refuse(_ refuses: @escaping @Sendable (String) -> Bool) {
        self.state.withLockedValue { $0.refuses = refuses }
    }

    private func opened(_ channel: any Channel) {
        self.state.withLockedValue {
            $0.channels.removeAll { !$0.isActive }
            $0.channels.append(channel)
            $0.count += 1
        }
    }

    private func refuses(_ bytes: ByteBuffer) -> Bool {
        let head = String(buffer: bytes)
        return self.state.withLockedValue { state in
            state.heads.append(head)
            return state.refuses(String(head.prefix { $0 != "\r\n" }))
        }
    }

    /// The client's side of a connection.
    private final class Front: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = ByteBuffer
        private let proxy: CuttingProxy
        private let port: Int
        private var back: (any Channel)?

        init(_ proxy: CuttingProxy, port: Int) {
            self.proxy = proxy
            self.port = port
        }

        func channelActive(context: ChannelHandlerContext) {
            let (channel, proxy) = (context.channel, self.proxy)
            proxy.opened(channel)
            ClientBootstrap(group: context.eventLoop)
                .channelInitializer { back in
                    back.eventLoop.makeCompletedFuture {
                        try back.pipeline.syncOperations.addHandler(Back(proxy, channel))
                    }
                }
                .connect(host: "127.0.0.1", port: self.port)
                .whenComplete { result in
                    guard case .success(let back) = result else { return channel.close(promise: nil) }
                    self.back = back
                    channel.setOption(.autoRead, value: true).whenFailure { _ in }
                }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = self.unwrapInboundIn(data)
            if self.proxy.refuses(bytes) { return context.close(promise: nil) }
            if !self.proxy.isStalled { self.back?.writeAndFlush(bytes, promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) { self.back?.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private final class Back: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let proxy: CuttingProxy
        private let front: any Channel

        init(_ proxy: CuttingProxy, _ front: any Channel) {
            self.proxy = proxy
            self.front = front
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = self.unwrapInboundIn(data)
            if !self.proxy.isStalled { self.front.writeAndFlush(bytes, promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            if !self.proxy.isStalled { self.front.close(promise: nil) }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
