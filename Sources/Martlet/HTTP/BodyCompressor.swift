// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore
internal import WebSocketWire

/// Compresses the answers of an endpoint, with contexts that the connections of an event loop share.
final class BodyCompressor: Sendable {
    private let level: Int
    private let counts: CompressedAnswers
    private let pools = PerLoop { _, _ in Pool() }

    /// `@unchecked Sendable`: used on its event loop only.
    private final class Pool: @unchecked Sendable {
        let contexts = DeflatePool()
    }

    init(level: Int, counts: CompressedAnswers) {
        self.level = level
        self.counts = counts
    }

    func loopsEnd() { self.pools.loopsEnd() }

    /// Called on an event loop.
    /// - Returns: `nil` when the client accepts no coding, or there is no memory.
    func compress(_ answer: HTTPAnswer, for exchange: ServerExchange) -> HTTPAnswer? {
        guard let coding = ContentCoding.preferred(by: exchange.head[values: "Accept-Encoding"]) else { return nil }
        let pool = self.pools[exchange.progress.home].contexts
        guard let body = pool.compress(answer.body, as: coding, level: self.level) else { return nil }
        self.counts.count(plain: answer.body.readableBytes, compressed: body.readableBytes)
        var answer = answer
        answer.body = body
        answer.otherFields[.contentEncoding] = coding.rawValue
        return answer
    }
}
