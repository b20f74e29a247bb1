// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Holds the connections of a server to the limits of ``MartletServer/Configuration``, on all event loops together. Made
/// only where there is a limit.
///
/// It counts by the address from which a connection comes: whom a connection serves that comes from a trusted proxy is
/// not known before its requests are, and so only the server's own limit binds it.
final class ConnectionGate: Sendable {
    private struct State {
        var connections = 0
        /// How many refused connections are being told so.
        var refused = 0
        var addresses: AddressTable
    }

    private let limit: Int
    private let countsAddresses: Bool
    private let proxies: TrustedProxies
    private let reporter: LimitReporter
    private let state: NIOLockedValueBox<State>

    /// How many refused connections may wait at the same time for their clients to read why. Beyond, they are closed
    /// without a word.
    private static let maxRefused = 64

    init?(_ configuration: MartletServer.Configuration, _ reporter: LimitReporter) {
        let perAddress = AddressTable.Limits(
            open: configuration.maxConnectionsPerAddress, rate: configuration.connectionsPerAddress)
        if configuration.maxConnections == nil, perAddress.isEmpty { return nil }
        self.limit = configuration.maxConnections ?? .max
        self.countsAddresses = !perAddress.isEmpty
        self.proxies = configuration.trustedProxies
        self.reporter = reporter
        self.state = NIOLockedValueBox(State(addresses: AddressTable(perAddress)))
    }

    enum Verdict: Equatable {
        case admitted
        /// The client is answered with this status line.
        case refused(status: String)
        case dropped
    }

    /// Decides on a new connection; called on its event loop. The count goes down by itself when the connection ends.
    func admit(_ channel: any Channel) -> Verdict {
        let address = channel.remoteAddress
        let host = self.countsAddresses ? address.flatMap(IPAddress.init) : nil
        let key = host.flatMap { self.proxies.contains($0) ? nil : AddressTable.Key($0) }
        let limit = self.state.withLockedValue { self.admit(key, &$0, .now()) }
        guard let limit else {
            channel.closeFuture.assumeIsolated().whenComplete { _ in self.release(key) }
            return .admitted
        }
        self.reporter.exceeded(limit, by: address)
        let isTold = self.state.withLockedValue { state in
            guard state.refused < Self.maxRefused else { return false }
            state.refused += 1
            return true
        }
        guard isTold else { return .dropped }
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            self.state.withLockedValue { $0.refused -= 1 }
        }
        return .refused(status: limit == .connections ? "503 Service Unavailable" : "429 Too Many Requests")
    }

    private func admit(_ key: AddressTable.Key?, _ state: inout State, _ now: NIODeadline) -> ExceededLimit? {
        if state.connections >= self.limit { return .connections }
        if let key {
            do throws(AddressTable.Refusal) {
                try state.addresses.admit(key, now: now)
            } catch {
                return error == .tooMany ? .connectionsPerAddress : .newConnectionsPerAddress
            }
        }
        state.connections += 1
        return nil
    }

    private func release(_ key: AddressTable.Key?) {
        self.state.withLockedValue { state in
            state.connections -= 1
            if let key { state.addresses.release(key, now: .now()) }
        }
    }
}

/// Tells the client of a refused connection why, and closes: in HTTP, whatever it asks for.
final class RefusedConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let status: String

    /// How long the client may take to read the answer. Closing at once, with its request unread, would reset the
    /// connection, and the client might lose the answer.
    private static let time = TimeAmount.seconds(1)

    init(status: String) {
        self.status = status
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.refuse(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.refuse(context)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        let answer = ByteBuffer(
            string: "HTTP/1.1 \(self.status)\r\nRetry-After: 10\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
        context.writeAndFlush(self.wrapOutboundOut(answer), promise: nil)
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.time) { channel.close(promise: nil) }
    }

    /// What the client sends is dropped.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
