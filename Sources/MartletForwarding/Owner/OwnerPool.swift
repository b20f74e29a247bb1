// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine
internal import MartletEvents
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The connections of one event loop to other nodes. Those that wait for their next request are kept for a while.
///
/// `@unchecked Sendable`: `eventLoop` never changes, all else is used on it only.
final class OwnerPool: @unchecked Sendable {
    let eventLoop: any EventLoop
    /// By the id of the node; the last one was used last.
    private var idle: [String: [OwnerConnection]] = [:]
    private var open: [ObjectIdentifier: OwnerConnection] = [:]
    /// The ends, at other nodes, of WebSockets that pass through this one.
    private var splices: [ObjectIdentifier: SpliceHandler] = [:]
    private(set) var isShutDown = false

    /// How many connections to one node wait at most: a crowd of polling clients needs two for each, and goes on needing
    /// them. `ForwardingConfiguration.maxConnections` bounds all together.
    private static let maxIdle = 1024
    /// How long a connection waits for its next request. Servers wait longer.
    static let idleTime = TimeAmount.seconds(30)

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// A connection that has served another request.
    func takeIdle(to node: String) -> OwnerConnection? {
        guard let connection = self.idle[node]?.popLast() else { return nil }
        if self.idle[node]?.isEmpty == true { self.idle[node] = nil }
        return connection
    }

    /// Opens a connection.
    /// - Parameter completion: called on the event loop, with `nil` if that has failed.
    func connect(
        to node: String,
        at location: NodeLocation,
        _ forwarder: Forwarder,
        _ completion: @escaping (OwnerConnection?) -> Void
    ) {
        guard !self.isShutDown, forwarder.mayConnect() else { return completion(nil) }
        // The loop of another transport, such as Network.framework's, cannot be used.
        guard let bootstrap = ClientBootstrap(validatingGroup: self.eventLoop) else {
            forwarder.disconnected()
            forwarder.log.log(level: .error) { "requests are forwarded on NIOPosix's event loops only" }
            return completion(nil)
        }
        bootstrap
            .connectTimeout(TimeAmount(forwarder.configuration.connectTimeout))
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(HTTPRequestEncoder())
                    try pipeline.addHandler(
                        ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)))
                    try pipeline.addHandler(OwnerConnection(channel, node, forwarder.answerTime, self))
                }
            }
            .connect(host: location.host, port: location.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    channel.closeFuture.whenComplete { _ in forwarder.disconnected() }
                    let connection = try? channel.pipeline.syncOperations.handler(type: OwnerConnection.self)
                    if self.isShutDown { channel.close(promise: nil) }
                    completion(self.isShutDown ? nil : connection)
                case .failure(let error):
                    forwarder.disconnected()
                    forwarder.log.log(level: .warning) {
                        "server \(node) cannot be reached at \(location.address): \(error)"
                    }
                    completion(nil)
                }
            }
    }

    func opened(_ connection: OwnerConnection) {
        self.open[ObjectIdentifier(connection)] = connection
    }

    func ended(_ connection: OwnerConnection) {
        self.open[ObjectIdentifier(connection)] = nil
        self.idle[connection.node]?.removeAll { $0 === connection }
        if self.idle[connection.node]?.isEmpty == true { self.idle[connection.node] = nil }
    }

    /// Keeps a connection for the next request.
    /// - Returns: whether there is room for it.
    func keep(_ connection: OwnerConnection) -> Bool {
        guard !self.isShutDown, self.idle[connection.node, default: []].count < Self.maxIdle else { return false }
        self.idle[connection.node, default: []].append(connection)
        return true
    }

    func spliced(_ handler: SpliceHandler) {
        self.splices[ObjectIdentifier(handler)] = handler
        handler.onEnd = { [weak handler] in
            if let handler { self.splices[ObjectIdentifier(handler)] = nil }
        }
    }

    func shutDown() {
        self.isShutDown = true
        for handler in Array(self.splices.values) { handler.closeBoth() }
        for connection in Array(self.open.values) { connection.close() }
    }
}
