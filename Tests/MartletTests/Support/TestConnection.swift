// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A TCP connection to a server under test.
final class TestConnection: Sendable {
    let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects, encrypted if the test is inside of ``TestTLS``'s context.
    static func connect(to port: Int) async throws -> TestConnection {
        let inbox = Inbox()
        let tls = TestTLS.context
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        return TestConnection(channel: channel, inbox: inbox)
    }

    func write(_ text: String) async throws {
        try await self.write(ByteBuffer(string: text))
    }

    func write(_ bytes: ByteBuffer) async throws {
        try await self.channel.writeAndFlush(bytes)
    }

    /// Writes, and says that there will be nothing more.
    func writeLast(_ text: String) async throws {
        self.channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        try await self.channel.close(mode: .output)
    }

    func close() async {
        try? await self.channel.close()
    }

    /// Stops or resumes reading from the network.
    func setReading(_ isReading: Bool) async throws {
        try await self.channel.setOption(.autoRead, value: isReading).get()
    }

    /// Waits until `take` finds what it wants at the beginning of the received bytes, and takes it from there.
    /// - Throws: ``TestFailure/ended`` when the server closes before; ``TestFailure/timedOut(_:)``.
    func read<Value: Sendable>(_ what: String, _ take: (inout ByteBuffer) throws -> Value?) async throws -> Value {
        let deadline = ContinuousClock.now + TestTime.limit
        while true {
            let (value, isEnded, version) = try self.inbox.state.withLockedValue { state in
                (try take(&state.bytes), state.isEnded, state.version)
            }
            if let value { return value }
            if isEnded { throw TestFailure.ended }
            if ContinuousClock.now > deadline { throw TestFailure.timedOut(what) }
            await self.inbox.wait(after: version, on: self.channel.eventLoop)
        }
    }

    /// Waits until the server has closed the connection.
    func waitForEnd() async throws {
        do {
            _ = try await self.read("the end") { _ in Optional<Int>.none }
        } catch TestFailure.ended {}
    }

    /// Whether the server has closed the connection, as far as is known by now.
    var hasEnded: Bool { self.inbox.state.withLockedValue { $0.isEnded } }

    /// What has been received and not read.
    var unread: ByteBuffer { self.inbox.state.withLockedValue { $0.bytes } }

    /// Collects what comes in.
    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        struct State {
            var bytes = ByteBuffer()
            var isEnded = false
            /// Counts what has happened.
            var version = 0
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        let state = NIOLockedValueBox(State())

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = self.unwrapInboundIn(data)
            self.change { $0.bytes.writeBuffer(&bytes) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.change { $0.isEnded = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func change(_ body: (inout State) -> Void) {
            let waiting = self.state.withLockedValue { state in
                body(&state)
                state.version += 1
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        /// Waits for the next thing to happen, or for the time limit.
        func wait(after version: Int, on eventLoop: any EventLoop) async {
            let limit = eventLoop.scheduleTask(in: TimeAmount(TestTime.limit)) { self.change { _ in } }
            await withCheckedContinuation { continuation in
                let hasHappened = self.state.withLockedValue { state in
                    if state.version == version { state.waiting.append(continuation) }
                    return state.version != version
                }
                if hasHappened { continuation.resume() }
            }
            limit.cancel()
        }
    }
}

extension ByteBuffer {
    /// Takes what stands before `separator` and the separator.
    mutating func take(upTo separator: String) -> String? {
        let separator = Array(separator.utf8)
        let length = self.withUnsafeReadableBytes { bytes -> Int? in
            var rest = bytes[...]
            while let index = rest.firstIndex(of: separator[0]) {
                if bytes[index...].starts(with: separator) { return index }
                rest = bytes[(index + 1)...]
            }
            return nil
        }
        guard let length, let text = self.readString(length: length) else { return nil }
        self.moveReaderIndex(forwardBy: separator.count)
        return text
    }
}
