// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// Carries the bytes of a WebSocket in the DATA frames of a stream (RFC 8441, 5).
///
/// The first bytes that are written are the head of an answer with status 101, as on an HTTP/1.1 connection.
final class HTTP2TunnelHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// How many bytes were written and have not left.
    private(set) var unsentBytes = 0
    /// Completed when all that was written has left.
    private var awaitingAll: [EventLoopPromise<Void>] = []
    private var hasHead = false
    private var inputHasEnded = false
    private var outputHasEnded = false
    private var isClosing = false

    /// How long the peer may take to end its side of a tunnel that was closed on this one.
    private static let lingeringTime = TimeAmount.seconds(2)
    /// Longer writes are cut, so that `unsentBytes` shows that they leave.
    private static let maxPiece = 16 << 10

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .data(let data):
            if case .byteBuffer(let bytes) = data.data, bytes.readableBytes > 0, !self.isClosing {
                context.fireChannelRead(self.wrapInboundOut(bytes))
            }
            if data.endStream { self.inputEnded(context) }
        case .headers(let trailers) where trailers.endStream: self.inputEnded(context)
        default: break
        }
    }

    private func inputEnded(_ context: ChannelHandlerContext) {
        self.inputHasEnded = true
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = self.unwrapOutboundIn(data)
        if !self.hasHead, let head = bytes.readHTTP2Head() {
            self.hasHead = true
            context.write(self.wrapOutboundOut(.headers(.init(headers: head))), promise: nil)
        }
        guard bytes.readableBytes > 0 else { return self.whenAllHasLeft(promise) }
        while bytes.readableBytes > Self.maxPiece, let piece = bytes.readSlice(length: Self.maxPiece) {
            self.write(piece, context, nil)
        }
        self.write(bytes, context, promise)
    }

    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise()
        let count = bytes.readableBytes
        self.unsentBytes += count
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.unsentBytes -= count
            guard self.unsentBytes == 0 else { return }
            let promises = self.awaitingAll
            self.awaitingAll = []
            for promise in promises { promise.succeed() }
        }
        context.write(self.wrapOutboundOut(.data(.init(data: .byteBuffer(bytes)))), promise: promise)
    }

    private func whenAllHasLeft(_ promise: EventLoopPromise<Void>?) {
        guard let promise else { return }
        if self.unsentBytes == 0 { promise.succeed() } else { self.awaitingAll.append(promise) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .output: self.endOutput(context, promise)
        // The orderly end of the tunnel. A reset might overtake what the peer has not read.
        case .all where self.unsentBytes == 0 && !self.isClosing:
            self.isClosing = true
            self.endOutput(context, promise)
            if self.inputHasEnded { return }
            context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingeringTime) {
                context.close(promise: nil)
            }
        default: context.close(mode: mode, promise: promise)
        }
    }

    private func endOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard !self.outputHasEnded else {
            promise?.succeed()
            return
        }
        self.outputHasEnded = true
        let end = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer()), endStream: true)
        context.writeAndFlush(self.wrapOutboundOut(.data(end)), promise: promise)
    }
}

extension ByteBuffer {
    /// Reads the head of an HTTP/1.1 answer that accepts a WebSocket, as HTTP/2 has it.
    /// - Returns: `nil` if there is no whole head.
    mutating func readHTTP2Head() -> HPACKHeaders? {
        let end = Array("\r\n\r\n".utf8)
        guard let index = self.readableBytesView.firstRange(of: end)?.lowerBound,
            let text = self.readString(length: index - self.readerIndex)
        else { return nil }
        self.moveReaderIndex(forwardBy: end.count)
        var headers = HPACKHeaders([(":status", "200")])
        for line in text.split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            // RFC 8441, 5: HTTP/1.1's own.
            if ["connection", "sec-websocket-accept", "upgrade"].contains(name) { continue }
            headers.add(name: name, value: String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        return headers
    }
}
