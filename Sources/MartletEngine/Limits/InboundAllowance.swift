// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Holds one session to the rates of ``LimitsConfiguration``. Made only where there is a limit, so that other sessions do
/// without its memory.
///
/// A client that sends faster is not read from until it may send again: its messages wait in the network, where they slow
/// it down, and none is lost. A client that would be closed instead would come back at once, with all that it has to send.
final class InboundAllowance {
    private let messages: RateLimit?
    private let bytes: RateLimit?
    private var messageBucket = TokenBucket()
    private var byteBucket = TokenBucket()

    init?(_ limits: LimitsConfiguration) {
        if limits.messagesPerSession == nil, limits.bytesPerSession == nil { return nil }
        self.messages = limits.messagesPerSession
        self.bytes = limits.bytesPerSession
    }

    /// A message came.
    /// - Returns: how long the session is not to be read from, and for which limit; `nil` if it may go on.
    func spend(_ byteCount: Int, now: NIODeadline) -> (limit: ExceededLimit, wait: TimeAmount)? {
        let messageWait = self.messages.flatMap { self.messageBucket.spend(1, $0, now: now) }
        let byteWait = self.bytes.flatMap { self.byteBucket.spend(byteCount, $0, now: now) }
        if let byteWait, byteWait > messageWait ?? .zero { return (.bytesPerSession, byteWait) }
        return messageWait.map { (.messagesPerSession, $0) }
    }
}

extension Session {
    /// A message came that counts.
    @inline(never)
    func spend(_ byteCount: Int, _ allowance: InboundAllowance) {
        guard let pause = allowance.spend(byteCount, now: self.shard.timers.now), self.isOpen else { return }
        guard !self.state.pauses.contains(.rate) else { return }
        self.shard.limits.exceeded(pause.limit, by: self.request.remoteAddress)
        self.pauseReading(.rate)
        self.shard.timers.schedule(after: pause.wait) { [weak self] in self?.resumeReading(.rate) }
    }
}
