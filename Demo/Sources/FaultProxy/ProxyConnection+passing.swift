// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Writes passing parts to the other end.
extension ProxyConnection {
    // MARK: To the application

    func pass(up part: Part<HTTPRequestHead>) {
        switch part {
        case .head(let head):
            self.begin(head)
        case .body(let bytes):
            guard self.exchange?.refusal == nil, case .open(let channel) = self.backend else { return }
            let count = self.spend(bytes.readableBytes)
            let allowed = bytes.getSlice(at: bytes.readerIndex, length: count) ?? bytes
            self.write(to: channel, .body(allowed))
            if count < bytes.readableBytes { self.cut(afterFlushing: channel) }
        case .end(let trailers):
            if let status = self.exchange?.refusal {
                self.answer(status)
            } else if case .open(let channel) = self.backend {
                self.write(to: channel, .end(trailers))
            }
        case .closed:
            switch self.backend {
            case .open(let channel): self.passClosed(to: channel)
            case .none where self.exchange != nil, .connecting: break
            case .none, .gone: self.finishAfterFlush()
            }
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        let kind = RequestKind(head)
        let verdict = self.verdict(on: kind)
        self.exchange = Exchange(method: head.method, kind: kind, refusal: verdict == .refuse ? .badGateway : nil)
        guard verdict != .refuse else { return }
        guard self.spend(head.headers.size + head.uri.utf8.count) > 0 else { return self.cut() }
        var head = head
        if verdict == .passWithoutUpgrade {
            head.headers.remove(name: "upgrade")
            head.headers.remove(name: "connection")
        }
        if let address = self.client.remoteAddress?.ipAddress {
            let chain = head.headers[canonicalForm: "x-forwarded-for"] + [address[...]]
            head.headers.replaceOrAdd(name: "X-Forwarded-For", value: chain.joined(separator: ", "))
        }
        switch self.backend {
        case .none:
            self.backend = .connecting(head)
            self.connect()
        case .open(let channel): self.write(to: channel, .head(head))
        case .connecting, .gone: break
        }
    }

    private func write(to channel: any Channel, _ part: Part<HTTPRequestHead>) {
        let pipeline = channel.pipeline.syncOperations
        switch part {
        case .head(let head): pipeline.write(NIOAny(HTTPClientRequestPart.head(head)), promise: nil)
        case .body(let bytes) where self.backendIsRaw: pipeline.write(NIOAny(bytes), promise: nil)
        case .end where self.backendIsRaw: break
        case .body(let bytes): pipeline.write(NIOAny(HTTPClientRequestPart.body(.byteBuffer(bytes))), promise: nil)
        case .end(let trailers): pipeline.write(NIOAny(HTTPClientRequestPart.end(trailers)), promise: nil)
        case .closed: break
        }
    }

    // MARK: To the client

    func pass(down part: Part<HTTPResponseHead>) {
        switch part {
        case .head(var head):
            guard self.spend(head.headers.size) > 0 else { return self.cut() }
            if head.isFinal { self.frame(&head) }
            self.writeToClient(.head(head))
        case .body(let bytes):
            let count = self.spend(bytes.readableBytes)
            let allowed = bytes.getSlice(at: bytes.readerIndex, length: count) ?? bytes
            self.writeToClient(.body(allowed))
            if count < bytes.readableBytes { self.cut(afterFlushing: self.client) }
        case .end(let trailers):
            self.writeToClient(.end(trailers))
            self.finishExchange()
        case .closed:
            self.finishAfterFlush()
        }
    }

    private func frame(_ head: inout HTTPResponseHead) {
        guard let exchange = self.exchange else { return }
        // An answer to HEAD has no body, but with this field the encoder would write the end of one.
        if exchange.method == .HEAD { head.headers.remove(name: "transfer-encoding") }
        if exchange.kind.asksForUpgrade, head.status != .switchingProtocols {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        self.exchange?.isStream = head.status != .switchingProtocols && !head.headers.contains(name: "content-length")
        self.holdBack()
    }

    private func finishExchange() {
        guard let exchange = self.exchange else { return }
        self.exchange = nil
        self.holdBack()
        if exchange.status == .switchingProtocols {
            self.tunnel = exchange.kind
            self.makeClientRaw()
        } else if exchange.kind.asksForUpgrade {
            self.finishAfterFlush()
        } else {
            self.becameIdle()
        }
    }

    /// Answers in place of the application.
    private func answer(_ status: HTTPResponseStatus) {
        let body = ByteBuffer(string: "\(status.code) \(status.reasonPhrase)\n")
        let headers: HTTPHeaders = [
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": String(body.readableBytes),
            "Cache-Control": "no-store",
        ]
        self.push(down: .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
        self.push(down: .body(body))
        self.push(down: .end(nil))
        self.pump()
    }

    func refuseMalformed(_ error: HTTPParserError) {
        self.exchange = Exchange(method: .GET, kind: .malformed)
        self.answer(error == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest)
    }

    @discardableResult
    func writeToClient(_ part: Part<HTTPResponseHead>) -> EventLoopFuture<Void>? {
        let pipeline = self.client.pipeline.syncOperations
        switch part {
        case .head(let head): return pipeline.write(NIOAny(HTTPServerResponsePart.head(head)))
        case .body(let bytes) where self.tunnel != nil: return pipeline.write(NIOAny(bytes))
        case .body(let bytes): return pipeline.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(bytes))))
        case .end(let trailers): return pipeline.write(NIOAny(HTTPServerResponsePart.end(trailers)))
        case .closed: return nil
        }
    }

    private func cut(afterFlushing channel: any Channel) {
        channel.flush()
        self.cut()
    }
}

extension HTTPResponseHead {
    /// Whether no other head follows for the same request.
    var isFinal: Bool { self.status.code >= 200 || self.status == .switchingProtocols }
}

extension HTTPHeaders {
    /// The approximate size of the fields on the wire, in bytes.
    fileprivate var size: Int {
        self.reduce(16) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    }
}
