// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import NIOHTTP1
internal import WebSocketWire

/// A connection, and the upgrade to a WebSocket on it.
extension WebSocketClientTransport {
    /// How much of the answer to a refused upgrade is read, to tell why.
    private static let maxRefusalBytes = 4096

    /// A channel connects. Several addresses of a server may be tried at once: the first that is active counts.
    func added(_ context: ChannelHandlerContext) {
        if self.phase == .connecting { self.context = context }
    }

    func removed(_ context: ChannelHandlerContext) {
        if context === self.context { self.context = nil }
    }

    func connected(_ context: ChannelHandlerContext) {
        guard let host = self.host, self.phase == .connecting else { return context.close(promise: nil) }
        self.context = context
        self.phase = .greeting
        var fields = self.maker.fields()
        fields.add(name: "Connection", value: "Upgrade")
        fields.add(name: "Upgrade", value: "websocket")
        fields.add(name: "Sec-WebSocket-Version", value: WebSocketHandshake.version)
        fields.add(name: "Sec-WebSocket-Key", value: self.handshake.key)
        if let extensions = self.handshake.extensions {
            fields.add(name: "Sec-WebSocket-Extensions", value: extensions)
        }
        var request = ByteBuffer()
        request.writeString("GET \(self.maker.target(.websocket, host.terms(for: self, isPost: false))) HTTP/1.1\r\n")
        for (name, value) in fields { request.writeString("\(name): \(value)\r\n") }
        request.writeString("\r\n")
        context.writeAndFlush(NIOAny(request), promise: nil)
    }

    func received(_ bytes: consuming ByteBuffer) {
        switch self.phase {
        case .greeting: self.readAnswer(bytes)
        case .open, .closing: self.readFrames(bytes)
        case .connecting, .closed: break
        }
    }

    private func readAnswer(_ bytes: consuming ByteBuffer) {
        self.unread.writeImmutableBuffer(bytes)
        do throws(ClientError) {
            while self.refusal == nil {
                guard let head = try HTTPAnswerHead.read(&self.unread) else { return }
                for (name, value) in head.fields where name.lowercased() == "set-cookie" {
                    self.maker.cookies.set(value)
                }
                if head.status == 101 { return try self.accept(head) }
                // RFC 9110, 15.2: other answers below 200 only announce the one that counts.
                if head.status >= 200 { self.refusal = head }
            }
            self.readRefusal(isComplete: false)
        } catch {
            self.fail(error)
        }
    }

    private func accept(_ head: HTTPAnswerHead) throws(ClientError) {
        var answer = WebSocketClientHandshake.Answer()
        for (name, value) in head.fields { answer.read(name, value) }
        let deflate: PerMessageDeflateParameters?
        do throws(WebSocketError) {
            deflate = try self.handshake.check(answer)
        } catch {
            throw ClientError(.unexpectedAnswer, "the answer does not open a WebSocket: \(error.reason)")
        }
        self.codec = WebSocketClientCodec(limits: self.limits, deflate: deflate, loop: self.loop)
        self.phase = .open
        self.host?.opened(self)
        let rest = self.unread
        self.unread = ByteBuffer()
        if rest.readableBytes > 0 { self.readFrames(rest) }
    }

    /// Reads as much of a refusal's body as tells why.
    private func readRefusal(isComplete: Bool) {
        guard let refusal = self.refusal else { return }
        let length = refusal.first("content-length").flatMap { Int($0) } ?? Self.maxRefusalBytes
        guard isComplete || self.unread.readableBytes >= min(length, Self.maxRefusalBytes) else { return }
        let body = self.unread.readString(length: min(self.unread.readableBytes, Self.maxRefusalBytes)) ?? ""
        self.fail(
            .answer(
                status: refusal.status, body: body, location: refusal.first("location"),
                retryAfter: refusal.first("retry-after"), path: self.maker.address.path))
    }

    func becameWritable() {
        if self.isWritable { self.host?.becameWritable(self) }
    }

    func ended(_ context: ChannelHandlerContext, _ error: (any Error)?) {
        guard context === self.context else { return }
        self.readRefusal(isComplete: true)
        let lost =
            error.map { ClientConnector.error($0, self.maker.address) }
            ?? ClientError(.connectionLost, "the server, or something between, has closed the connection")
        self.fail(lost, reason: SessionEndReason.transportClose)
        self.phase = .closed
    }
}
