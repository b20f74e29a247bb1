// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import FaultProxy
internal import Martlet

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The showcase's events: numbered messages in both directions, and the tally of the messages that arrived.
///
/// The numbers belong to the visitor and not to the socket: messages that are lost with a session show as lost.
actor ShowcaseNamespace {
    private struct Guest {
        var socket: Socket?
        /// When the last socket left.
        var lastSeen = ContinuousClock.now
        var tally = Tally()
        /// Whether the tally will be sent soon.
        var reports = false
        /// The last number that was sent to the visitor.
        var sent = 0
        var perSecond = 0
        var stream: Task<Void, Never>?
    }

    private let namespace: Namespace
    private var guests: [Visitor: Guest] = [:]

    init(io: SocketIOServer) {
        self.namespace = io.of("/showcase")
    }

    nonisolated func listen() {
        self.namespace.use { socket in
            guard let visitor = Self.visitor(of: socket), await self.admit(visitor, socket) else {
                throw ConnectionRefused(message: "The showcase is full, or the visitor has no name")
            }
        }
        self.namespace.onConnection { socket in
            guard let visitor = Self.visitor(of: socket) else { return }
            socket.on("up") { (message: Numbered) async in await self.count(message, visitor) }
            socket.on("tally") { () async -> Tally in await self.tally(of: visitor) }
            socket.on("stream") { (request: StreamRequest) async in await self.stream(request.perSecond, to: visitor) }
            // The page needs only the acknowledgement: it measures the round-trip time.
            socket.on("latency") { (anything: SocketArgument) -> SocketArgument in anything }
            socket.onDisconnect { _ in
                Task { await self.leave(visitor, socket) }
            }
        }
    }

    private static func visitor(of socket: Socket) -> Visitor? {
        socket.handshake.query["visitor"].flatMap(Visitor.init)
    }

    private func admit(_ visitor: Visitor, _ socket: Socket) -> Bool {
        guard self.guests[visitor] != nil || self.makePlace() else { return false }
        self.guests[visitor, default: Guest()].socket = socket
        return true
    }

    private func leave(_ visitor: Visitor, _ socket: Socket) {
        // The visitor's next session may have taken the place of this socket.
        guard self.guests[visitor]?.socket === socket else { return }
        self.guests[visitor]?.socket = nil
        self.guests[visitor]?.lastSeen = .now
    }

    private func makePlace() -> Bool {
        let gone = self.guests.filter { $0.value.socket == nil && .now - $0.value.lastSeen > Limits.absence }
        for visitor in gone.keys { self.guests[visitor] = nil }
        return self.guests.count < Limits.visitors
    }

    // MARK: Up

    private func count(_ message: Numbered, _ visitor: Visitor) {
        self.guests[visitor]?.tally.count(message.n)
        guard self.guests[visitor]?.reports == false else { return }
        self.guests[visitor]?.reports = true
        Task {
            try? await Task.sleep(for: Limits.tallyInterval)
            self.report(to: visitor)
        }
    }

    private func report(to visitor: Visitor) {
        guard let guest = self.guests[visitor] else { return }
        self.guests[visitor]?.reports = false
        guest.socket?.emit("tally", guest.tally)
    }

    private func tally(of visitor: Visitor) -> Tally {
        self.guests[visitor]?.tally ?? Tally()
    }

    // MARK: Down

    private func stream(_ perSecond: Int, to visitor: Visitor) {
        let perSecond = min(max(0, perSecond), Limits.messagesPerSecond)
        self.guests[visitor]?.perSecond = perSecond
        guard perSecond > 0, self.guests[visitor]?.stream == nil else { return }
        self.guests[visitor]?.stream = Task { await self.run(visitor) }
    }

    /// Sends the messages that are due, a few times a second, until the visitor asks for no more or is gone for good.
    private func run(_ visitor: Visitor) async {
        var due = 0.0
        var time = ContinuousClock.now
        while let guest = self.guests[visitor], guest.perSecond > 0 {
            let now = ContinuousClock.now
            if let socket = guest.socket {
                due += (now - time) / .seconds(1) * Double(guest.perSecond)
                self.send(Int(due), to: visitor, socket)
                due -= due.rounded(.down)
            } else if now - guest.lastSeen > Limits.absence {
                self.guests[visitor]?.perSecond = 0
            }
            time = now
            try? await Task.sleep(for: Limits.batchInterval)
        }
        self.guests[visitor]?.stream = nil
    }

    private func send(_ count: Int, to visitor: Visitor, _ socket: Socket) {
        guard count > 0, let sent = self.guests[visitor]?.sent else { return }
        let time = (Date().timeIntervalSince1970 * 1000).rounded()
        for number in sent + 1...sent + count { socket.emit("down", Numbered(n: number, sent: time)) }
        self.guests[visitor]?.sent = sent + count
    }
}
