// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import MartletEvents
internal import NIOCore
internal import NIOHTTP1

extension ForwardedRequest: OwnerAnswerReceiver {
    func received(_ head: HTTPResponseHead) {
        if head.status == .switchingProtocols, self.exchange.asksForWebSocket {
            self.answer = .upgrade(head)
        } else if head.status == .misdirectedRequest, !self.hasMoved,
            let node = head.headers.first(name: ForwardingField.sessionNode)
        {
            self.answer = .misdirected(node: node)
        } else {
            let answer = HTTPAnswer(head)
            guard answer.contentType?.hasPrefix("text/event-stream") == true else {
                self.answer = .collected(answer)
                return
            }
            self.answer = .streamed
            self.exchange.beginStream(answer)
        }
    }

    func received(_ bytes: ByteBuffer) {
        switch self.answer {
        case .collected(var answer):
            self.answer = .awaited
            answer.body.writeImmutableBuffer(bytes)
            guard answer.body.readableBytes > Self.maxCollected else {
                self.answer = .collected(answer)
                return
            }
            self.answer = .streamed
            let body = answer.body
            answer.body = ByteBuffer()
            self.exchange.beginStream(answer)
            self.stream(body)
        case .streamed: self.stream(bytes)
        case .awaited, .misdirected, .upgrade, .over: break
        }
    }

    func answerEnded() {
        let answer = self.answer
        switch answer {
        case .collected(let answer):
            self.finish()
            self.exchange.respond(answer)
        case .streamed:
            self.finish()
            self.exchange.endStream()
        case .misdirected(let node):
            self.connection = nil
            self.answer = .awaited
            self.hasMoved = true
            self.forwarder.directory.note([self.id], on: node)
            guard let location = self.forwarder.directory.location(of: node) else { return self.giveUp() }
            self.connect(to: node, at: location)
        case .upgrade(let head): self.splice(head)
        case .awaited, .over: break
        }
    }

    func connectionLost() {
        self.connection = nil
        switch self.answer {
        case .awaited where self.isReused && self.isRepeatable:
            guard let location = self.forwarder.directory.location(of: self.node) else { return self.giveUp() }
            self.connect(to: self.node, at: location, mayReuse: false)
        case .awaited, .misdirected, .upgrade, .collected: self.giveUp()
        case .streamed:
            self.finish()
            // A client must not take a part for the whole.
            self.exchange.abort()
        case .over: break
        }
    }

    /// From here on the bytes of a WebSocket pass through.
    private func splice(_ head: HTTPResponseHead) {
        guard let connection = self.connection else { return self.giveUp() }
        self.finish()
        let (client, owner) = SpliceHandler.pair(silence: self.forwarder.answerTime)
        guard self.exchange.replaceHTTP(with: client) else { return connection.close() }
        client.send(ByteBuffer(switchingProtocols: head, self.exchange.addedFields))
        do {
            self.pool.spliced(owner)
            try connection.replaceHTTP(with: owner)
        } catch {
            connection.close()
            client.closeBoth()
        }
    }
}
