// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Sets up the channels at both ends: for HTTP at first, for plain bytes after a 101.
extension ProxyConnection {
    /// Turns off a codec's framing of its own: the sender of a proxied message has chosen the framing already.
    private static func asSaid<Configuration>(
        _ configuration: Configuration,
        _ framing: WritableKeyPath<Configuration, Bool>
    ) -> Configuration {
        var configuration = configuration
        configuration[keyPath: framing] = false
        return configuration
    }

    func setUpClient() throws {
        let encoder = HTTPResponseEncoder(configuration: Self.asSaid(.init(), \.automaticallySetFramingHeaders))
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        let handler = EndHandler<HTTPServerRequestPart>(.client, of: self) { self.received($0) }
        self.clientHandler = handler
        self.clientCodec = [handler, encoder, decoder]
        try self.client.pipeline.syncOperations.addHandlers([encoder, decoder, handler])
    }

    func connect() {
        let shared = NIOLoopBound(self, eventLoop: self.client.eventLoop)
        ClientBootstrap(group: self.client.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try shared.value.setUp(backend: channel) }
            }
            .connect(to: self.backendAddress)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.connected(channel)
                case .failure: self.connectingFailed()
                }
            }
    }

    func setUp(backend channel: any Channel) throws {
        let encoder = HTTPRequestEncoder(configuration: Self.asSaid(.init(), \.automaticallySetFramingHeaders))
        let decoder = ByteToMessageHandler(
            HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .forward)
        )
        let handler = EndHandler<HTTPClientResponsePart>(.backend, of: self) { self.received($0) }
        self.backendHandler = handler
        self.backendCodec = [handler, encoder, decoder]
        try channel.pipeline.syncOperations.addHandlers([encoder, decoder, handler])
    }

    private func connected(_ channel: any Channel) {
        guard !self.isClosing, case .connecting(let head) = self.backend else { return channel.close(promise: nil) }
        self.backend = .open(channel)
        channel.pipeline.syncOperations.write(NIOAny(HTTPClientRequestPart.head(head)), promise: nil)
        self.pump()
    }

    private func connectingFailed() {
        self.backend = .none
        self.exchange?.refusal = .badGateway
        self.pump()
    }

    // MARK: Tunnel

    func makeBackendRaw() {
        guard case .open(let channel) = self.backend else { return }
        let handler = EndHandler<ByteBuffer>(.backend, of: self) { bytes in
            self.push(down: .body(bytes))
            self.pump()
        }
        self.backendHandler = handler
        self.backendIsRaw = true
        self.makeRaw(channel, handler, leaving: self.backendCodec)
        self.backendCodec = []
    }

    func makeClientRaw() {
        let handler = EndHandler<ByteBuffer>(.client, of: self) { bytes in
            self.push(up: .body(bytes))
            self.pump()
        }
        self.clientHandler = handler
        self.makeRaw(self.client, handler, leaving: self.clientCodec)
        self.clientCodec = []
    }

    /// The decoder is removed last: it passes its unread bytes to the handler that is next then.
    private func makeRaw(
        _ channel: any Channel,
        _ handler: EndHandler<ByteBuffer>,
        leaving codec: [any RemovableChannelHandler]
    ) {
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandler(handler)
            for handler in codec { pipeline.removeHandler(handler, promise: nil) }
            channel.read()
        } catch {
            self.finish()
        }
    }
}
