// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// Stands between a client and a server, and breaks their connections as a test says.
package final class CuttingProxy: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var count = 0
        /// Whether connections from now on are closed at once.
        var refuses: @Sendable (String) -> Bool = { _ in false }
        var heads: [String] = []
        var isStalled = false
        /// Nothing gets through on the first so many connections.
        var frozenCount = 0
    }

    private let state = NIOLockedValueBox(State())
    private let listener = NIOLockedValueBox<(any Channel)?>(nil)

    package static func run(to port: Int, _ body: (CuttingProxy) async throws -> Void) async throws {
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

    package var port: Int { self.listener.withLockedValue { $0?.localAddress?.port ?? 0 } }
    /// The first lines of the requests that have come.
    package var requests: [String] {
        self.heads.map { String($0.prefix { $0 != "\r\n" }) }
    }
    /// The requests that have come, each as far as it came at once.
    package var heads: [String] { self.state.withLockedValue { $0.heads } }
    package var count: Int { self.state.withLockedValue { $0.count } }
    /// How many connections are open.
    package var openCount: Int { self.state.withLockedValue { state in state.channels.count { $0.isActive } } }

    /// Closes all connections.
    package func cut() {
        let channels = self.state.withLockedValue { state in
            defer { state.channels = [] }
            return state.channels
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// From now on nothing gets through, and no connection is closed.
    package func stall() { self.state.withLockedValue { $0.isStalled = true } }

    /// From now on nothing gets through on the connections of now, and none of them is closed.
    package func freeze() { self.state.withLockedValue { $0.frozenCount = $0.count } }

    /// From now on everything gets through again; what has been swallowed stays so.
    package func resume() { self.state.withLockedValue { $0.isStalled = false } }

    /// - Parameter number: that of a connection, from 1.
    private func swallows(_ number: Int) -> Bool {
        self.state.withLockedValue { $0.isStalled || number <= $0.frozenCount }
    }

    /// - Parameter refuses: whether a connection is closed that begins with this.
    package func refuse(_ refuses: @escaping @Sendable (String) -> Bool) {
        self.state.withLockedValue { $0.refuses = refuses }
    }

    /// - Returns: the connection's number.
    private func opened(_ channel: any Channel) -> Int {
        self.state.withLockedValue {
            $0.channels.removeAll { !$0.isActive }
            $0.channels.append(channel)
            $0.count += 1
            return $0.count
        }
    }

    private func refuses(_ bytes: ByteBuffer) -> Bool {
        let start = bytes.readableBytesView.prefix(8192)
        guard start.starts(with: "GET ".utf8) || start.starts(with: "POST ".utf8) else { return false }
        let head = String(decoding: start, as: UTF8.self)
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
        private var number = 0

        init(_ proxy: CuttingProxy, port: Int) {
            self.proxy = proxy
            self.port = port
        }

        func channelActive(context: ChannelHandlerContext) {
            let (channel, proxy) = (context.channel, self.proxy)
            let number = proxy.opened(channel)
            self.number = number
            ClientBootstrap(group: context.eventLoop)
                .channelInitializer { back in
                    back.eventLoop.makeCompletedFuture {
                        try back.pipeline.syncOperations.addHandler(Back(proxy, channel, number))
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
            if !self.proxy.swallows(self.number) { self.back?.writeAndFlush(bytes, promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) { self.back?.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private final class Back: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let proxy: CuttingProxy
        private let front: any Channel
        private let number: Int

        init(_ proxy: CuttingProxy, _ front: any Channel, _ number: Int) {
            self.proxy = proxy
            self.front = front
            self.number = number
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = self.unwrapInboundIn(data)
            if !self.proxy.swallows(self.number) { self.front.writeAndFlush(bytes, promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            if !self.proxy.swallows(self.number) { self.front.close(promise: nil) }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
