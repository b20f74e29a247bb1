// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// Whom a connection tells what happens. Called on the event loop.
protocol RedisConnectionOwner: AnyObject {
    /// Redis has let the client in.
    func connected(_ connection: RedisConnection)
    func received(_ push: RedisPush)
    /// Redis has answered with an error to what nobody waits for.
    func refused(_ command: String, _ message: String)
    /// All that was read at once has been handled.
    func receivedAll()
    /// There is room for more to be sent again.
    func becameWritable()
    /// Called once, also when the connection was never made.
    /// - Parameter unconfirmed: how many messages were sent, and not answered.
    func closed(_ connection: RedisConnection, _ error: RedisError, unconfirmed: Int)
}

/// One connection to Redis, from its beginning to its end. Confined to its event loop.
final class RedisConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let settings: RedisSettings
    private let owner: any RedisConnectionOwner
    private let eventLoop: any EventLoop
    private var context: ChannelHandlerContext?
    private var decoder: RESPDecoder
    private var expected = ExpectedReplies()
    private var output = ByteBuffer()
    private var deadline: Scheduled<Void>?
    private var keepAlive: RepeatedTask?
    private var lastRead = NIODeadline.now()
    private var isClosed = false

    /// From this size on, a message is sent from its own memory.
    private static let copiedSize = 16 << 10

    init(settings: RedisSettings, owner: any RedisConnectionOwner, eventLoop: any EventLoop) {
        self.settings = settings
        self.owner = owner
        self.eventLoop = eventLoop
        // With what is around a message.
        let size = min(settings.configuration.maxMessageSize, Int(Int32.max)) + RESPLimits().line
        self.decoder = RESPDecoder(limits: RESPLimits(value: size))
        let timeout = TimeAmount(settings.configuration.connectTimeout)
        self.deadline = eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.close(RedisError(.timedOut, "Redis did not let the client in"))
        }
    }

    var isWritable: Bool { self.context?.channel.isWritable ?? false }

    // MARK: Beginning and end

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if self.isClosed { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        let greeting = self.settings.greeting
        for (index, command) in greeting.enumerated() {
            self.send(command) { self.greeted($0, isHello: index == 0, isLast: index == greeting.count - 1) }
        }
        context.flush()
    }

    private func greeted(_ reply: Result<RESPValue, RedisError>, isHello: Bool, isLast: Bool) {
        guard case .success(let reply) = reply else { return }
        if case .error(let message) = reply {
            let isUnknown = message.hasPrefix("NOPROTO") || message.lowercased().contains("unknown command")
            return self.close(
                isHello && isUnknown
                    ? RedisError(.unsupportedServer, "Redis 6 or later is needed; this one answers \(message)")
                    : RedisError(.refused, message))
        }
        guard isLast, !self.isClosed else { return }
        self.deadline?.cancel()
        self.beginKeepAlive()
        self.owner.connected(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.close(RedisError(self.lossCode, "Redis has closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.close(RedisError(self.lossCode, underlying: error))
    }

    private var lossCode: RedisError.Code { self.keepAlive == nil ? .notConnected : .connectionLost }

    func close(_ error: RedisError) {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.deadline?.cancel()
        self.keepAlive?.cancel()
        self.context?.close(promise: nil)
        let unconfirmed = self.expected.fail(error)
        self.owner.closed(self, error, unconfirmed: unconfirmed)
    }

    private func beginKeepAlive() {
        let interval = max(TimeAmount(self.settings.configuration.keepAlive), .milliseconds(10))
        // An event loop has no scheduling of repeated tasks that are confined to it.
        let connection = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.keepAlive = self.eventLoop.scheduleRepeatedTask(
            initialDelay: interval, delay: .nanoseconds(interval.nanoseconds / 2)
        ) { _ in
            connection.value.checkSilence(interval)
        }
    }

    private func checkSilence(_ interval: TimeAmount) {
        let silence = NIODeadline.now() - self.lastRead
        guard silence >= interval else { return }
        if self.expected.isEmpty {
            self.send(RedisCommand("PING")) { _ in }
            self.context?.flush()
        } else if silence.nanoseconds / 2 >= interval.nanoseconds + self.expected.patience.nanoseconds / 2 {
            self.close(RedisError(.timedOut, "nothing came from Redis for \(silence.nanoseconds / 1_000_000) ms"))
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isClosed else { return }
        self.lastRead = .now()
        self.decoder.append(self.unwrapInboundIn(data))
        do {
            while !self.isClosed, let value = try self.decoder.next() { self.handle(value) }
        } catch {
            self.close(RedisError(.protocolViolation, underlying: error))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.owner.receivedAll()
        context.fireChannelReadComplete()
    }

    private func handle(_ value: RESPValue) {
        if case .push(let elements) = value {
            guard let push = RedisPush(elements) else { return }
            if case .confirmation(let command, _) = push, self.expected.confirmed(command) { return }
            return self.owner.received(push)
        }
        switch self.expected.answered() {
        case .published:
            if case .error(let message) = value { self.owner.refused("PUBLISH", message) }
        case .reply(let handler, _): handler(.success(value))
        case .confirmations(_, let command, let names):
            guard case .error(let message) = value else {
                return self.close(RedisError(.protocolViolation, "an answer to \(command.name)"))
            }
            guard names.count > 1 else { return self.owner.refused(command.name.uppercased(), message) }
            // One name that the ACL forbids is enough for a refusal of all.
            self.send(command, names, atOnce: 1)
            self.flush()
        case nil:
            // What Redis says before it closes a connection that it does not want, such as `ERR max number of clients`.
            if case .error(let message) = value { return self.close(RedisError(.refused, message)) }
            self.close(RedisError(.protocolViolation, "an answer to nothing"))
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.owner.becameWritable() }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Sending. The caller flushes.

    func send(_ command: RedisCommand, patience: TimeAmount = .zero, _ handler: @escaping ExpectedReplies.Handler) {
        self.expected.append(.reply(handler, patience: patience))
        self.write(command.bytes)
    }

    /// - Parameter size: the number of names in one command; nil for as many as Redis takes, within reason.
    func send(_ command: SubscriptionCommand, _ names: [ByteBuffer], atOnce size: Int? = nil) {
        // Names of different shards must not be in one command.
        let size = size ?? (command.kind == .shard ? 1 : 1000)
        for start in stride(from: 0, to: names.count, by: size) {
            let part = Array(names[start..<min(start + size, names.count)])
            self.expected.append(.confirmations(part.count, command, names: part))
            self.write(RedisCommand([.string(command.name.uppercased())] + part.map { .bytes($0) }).bytes)
        }
    }

    /// Publishes messages, with one write for all that are short.
    func publish(_ messages: Deque<OutgoingMessage>) {
        self.expected.append(.published(messages.count))
        let isSharded = self.settings.configuration.usesShardedChannels
        self.output.clear()
        for message in messages {
            if isSharded {
                self.output.writeStaticString("*3\r\n$8\r\nSPUBLISH\r\n")
            } else {
                self.output.writeStaticString("*3\r\n$7\r\nPUBLISH\r\n")
            }
            self.output.writeRESPString(message.channel)
            if message.content.readableBytes < Self.copiedSize {
                self.output.writeRESPString(message.content)
            } else {
                self.output.writeRESPHead("$", message.content.readableBytes)
                self.write(self.output)
                self.write(message.content)
                self.output = ByteBuffer(staticString: "\r\n")
            }
        }
        self.write(self.output)
        // Memory for many messages is not kept for the next few.
        if self.output.capacity > 4 * Self.copiedSize { self.output = ByteBuffer() }
    }

    private func write(_ bytes: ByteBuffer) {
        guard let context, bytes.readableBytes > 0 else { return }
        context.write(NIOAny(bytes), promise: nil)
    }

    func flush() { self.context?.flush() }
}
