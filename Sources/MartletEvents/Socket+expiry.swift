// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

/// Credentials that end while their client is connected.
extension Socket {
    /// Sets the time at which what the client has shown to be let in ends, such as the `exp` of its token.
    ///
    /// At that time the client gets the event `credentials_expired`, without arguments, and leaves the namespace, with
    /// the reason `DisconnectReason.credentialsExpired`: as after ``disconnect(closingConnection:)``, it does not come
    /// back by itself, but may join again, with other credentials. A client that has not joined yet gets the connect
    /// error `Credentials expired`. Connection state recovery gives no state back past that time.
    ///
    /// Each call replaces the one before. The time stays with the socket on its way to another server, and counts by
    /// the clock there. A clock that is set anew does not move a time that was set before.
    ///
    /// - Parameter time: the time since 1 January 1970, UTC, as in ``SocketHandshake/time``; `nil`, or in more than 30
    ///   years: never. In the past: now.
    public func expires(at time: Duration?) {
        self.onLoop {
            if self.isAway { return self.performAway(.expire(at: time)) }
            self.expire(at: time)
        }
    }

    /// Sets the time at which the client's credentials end as the time from now; see ``expires(at:)``.
    public func expires(after duration: Duration) {
        self.expires(at: self.core.configuration.unixTime() + min(max(duration, .zero), SocketExpiry.longest))
    }

    func expire(at time: Duration?) {
        self.setExpiry(time)
        if SocketExpiry.isOver(time, now: self.core.configuration.unixTime()) { self.expired() }
    }

    /// Has the socket end at a time, but not before the event loop's next turn.
    func setExpiry(_ time: Duration?) {
        guard self.phase != .disconnected, self.phase != .moved else { return }
        self.cancelExpiry()
        if let time { self.expiry = SocketExpiry(time: time, timer: self.timer(until: time)) }
        self.noteChange()
    }

    private func timer(until time: Duration) -> LoopTimers.Token? {
        let now = self.core.configuration.unixTime()
        // The time may come from another server. So nothing is subtracted from it before it is known to be near.
        guard time < now + SocketExpiry.longest else { return nil }
        let rest = max(time, now) - now
        return self.shard.timers.schedule(after: TimeAmount(rest)) { [weak self] in self?.expired() }
    }

    func cancelExpiry() {
        if let timer = self.expiry.take()?.timer { self.shard.timers.cancel(timer) }
    }

    private func expired() {
        // If the socket stays on this server, the time is set again.
        if self.phase == .frozen { return }
        self.cancelExpiry()
        // No event of the application, which goes through the cluster's journal where there is one, and would come late.
        if self.phase == .connected, let packet = self.begin(.event, SocketExpiry.event, isVolatile: false) {
            try? self.send(packet, EmitFlags())
        }
        self.connection.leave(self, .credentialsExpired, tellingClient: true)
    }
}

/// When a socket's credentials end. An object of its own, since few sockets have one.
final class SocketExpiry {
    /// The time since 1 January 1970, UTC.
    let time: Duration
    /// `nil` if that is too far away.
    let timer: LoopTimers.Token?

    init(time: Duration, timer: LoopTimers.Token?) {
        self.time = time
        self.timer = timer
    }

    static let event = "credentials_expired"
    static let refusal = "Credentials expired"
    static let longest = Duration.seconds(30 * 365 * 86_400)

    static func isOver(_ time: Duration?, now: Duration) -> Bool { time.map { $0 <= now } ?? false }
}
