// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import Logging
internal import MartletEngine
internal import NIOCore

/// A user's ``Endpoint`` under its path.
final class UserEndpoint: HTTPEndpoint {
    private let endpoint: any Endpoint
    private let path: EndpointPath
    private let log: ThrottledLogger

    init(_ endpoint: any Endpoint) {
        self.endpoint = endpoint
        self.path = EndpointPath(endpoint.path)
        self.log = ThrottledLogger()
    }

    var maxBody: Int? { self.endpoint.maxBodySize }

    func takes(_ head: RequestHead) -> Bool {
        self.path.contains(head.target)
    }

    func requestReceived(_ exchange: ServerExchange, body: ByteBuffer) {
        // Copied: the body is a slice of the loop's receive buffer.
        let body = body.ownCopy()
        let request = exchange.request
        Task {
            let reply: MartletServer.Reply
            do {
                reply = try await self.endpoint.respond(to: request, body: body)
            } catch {
                self.log.log(level: .error) { "\(request.method) \(self.endpoint.path): \(error)" }
                reply = MartletServer.Reply(status: .internalServerError)
            }
            let answer = HTTPAnswer(reply)
            exchange.onHome { exchange.respond(answer) }
        }
    }

    /// Does nothing: a request that is being answered may take until the server's shutdown timeout.
    func shutDown() {}
}
