// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// Tells a load balancer, or whoever supervises the process, whether the server is ready, and whether it lives.
final class HealthEndpoint: HTTPEndpoint {
    private let path: EndpointPath
    private let isReady = ManagedAtomic(true)

    init(path: String) { self.path = EndpointPath(path) }

    /// A request for health has no body.
    var maxBody: Int? { nil }

    func takes(_ head: RequestHead) -> Bool { self.path.contains(head.target) }

    func requestReceived(_ exchange: ServerExchange, body: ByteBuffer) {
        let answer: HTTPAnswer
        switch self.path.remainder(of: exchange.head.target) ?? "" {
        case "live": answer = Self.answer(.ok, "ok")
        case "", "ready":
            let isReady = self.isReady.load(ordering: .relaxed)
            answer = isReady ? Self.answer(.ok, "ok") : Self.answer(.serviceUnavailable, "shutting down")
        default: answer = Self.answer(.notFound, "Not Found")
        }
        exchange.respond(answer)
    }

    private static func answer(_ status: HTTPResponse.Status, _ text: String) -> HTTPAnswer {
        HTTPAnswer(status: status, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
    }

    func serves(on eventLoops: [any EventLoop]) { self.isReady.store(true, ordering: .relaxed) }
    func retire() { self.isReady.store(false, ordering: .relaxed) }
    func shutDown() {}
}
