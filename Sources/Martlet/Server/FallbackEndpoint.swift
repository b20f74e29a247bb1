// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// Answers the requests that are for none of a standalone server's other endpoints.
final class FallbackEndpoint: HTTPEndpoint {
    private let responder: MartletServer.Responder?

    init(responder: MartletServer.Responder?) {
        self.responder = responder
    }

    /// A responder does not get the body.
    var maxBody: Int? { nil }

    func takes(_ head: RequestHead) -> Bool { true }

    func requestReceived(_ exchange: ServerExchange, body: ByteBuffer) {
        guard let responder = self.responder else { return exchange.respond(HTTPAnswer(.notFound)) }
        Task {
            let answer = HTTPAnswer(await responder(exchange.request) ?? .notFound)
            exchange.onHome { exchange.respond(answer) }
        }
    }

    func shutDown() {}
}

extension HTTPReply {
    fileprivate static let notFound = HTTPReply(
        status: .notFound,
        headerFields: [.contentType: "text/plain; charset=utf-8"],
        body: ByteBuffer(string: "Not Found")
    )
}
