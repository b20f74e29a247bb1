// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// What the application has to decide on a request before its endpoint handles it. Runs outside the event loops.
typealias Admission = @Sendable () async -> Verdict

/// The outcome of an ``Admission``.
struct Verdict: Sendable {
    /// Header fields of the answer, whoever gives it.
    var fields = HTTPFields()
    /// Who makes the request, if the application says so.
    var identity: String?
    /// The answer; `nil`: the endpoint handles the request.
    var answer: HTTPAnswer?
}

/// Gives an answer that was decided on by the request's head. It waits until the body is complete, since a client may
/// read no answer while it still sends.
final class AnswerAfterBody: RequestBodyReceiver {
    private let exchange: ServerExchange
    private let answer: HTTPAnswer

    init(_ exchange: ServerExchange, _ answer: HTTPAnswer) {
        self.exchange = exchange
        self.answer = answer
    }

    func received(_ body: ByteBuffer) { self.exchange.respond(self.answer) }
    func abandoned() {}
}
