// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine

/// What an application may have a part in: which requests are handled, and the header fields and the form of answers.
extension EngineEndpoint {
    func begin(_ exchange: ServerExchange) {
        exchange.progress.fields = self.origins.fields(for: exchange.head)
        if let headers = self.headers {
            headers(exchange.handshake(trusting: self.trustedProxies), &exchange.progress.fields)
            exchange.progress.fields.removeServersOwn()
        }
    }

    func compress(_ answer: HTTPAnswer, for exchange: ServerExchange) -> HTTPAnswer {
        self.compressor?.compress(answer, for: exchange) ?? answer
    }
}
