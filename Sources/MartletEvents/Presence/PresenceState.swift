// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// What a ``Presence`` knows: the sockets of this server, and the members on all servers.
struct PresenceState<Info: Codable & Equatable & Sendable>: Sendable {
    private struct Sockets {
        var ids: Set<ObjectIdentifier>
        /// The number of the last change, so that a delay that is over finds out whether its reason is.
        var version: UInt64
    }

    enum News: Sendable {
        case change(Presence<Info>.Change)
        case message(PresenceMessage<Info>)
    }

    /// The name of this server in the table; no node's id is empty.
    private static var here: String { "" }

    /// The sockets of this server, by room and user.
    private var sockets: [String: [String: Sockets]] = [:]
    private var version: UInt64 = 0
    private(set) var table = PresenceTable<Info>()
    private var lastTime: UInt64 = 0
    /// How many statements this server has made.
    private(set) var count: UInt64 = 0
    /// How many statements of each other server are known; nil for one that has not said yet all that it had to say.
    private var counts: [String: UInt64?] = [:]
    var handlers: [@Sendable (Presence<Info>.Change) -> Void] = []
    /// Nil outside a cluster.
    var link: PresenceLink<Info>?
    /// In the cluster.
    var subscriptions: [ClusterSubscription] = []
    /// What was not reported yet, in order.
    private var news = Deque<News>()
    var isReporting = false

    mutating func beginReport() -> (News, [@Sendable (Presence<Info>.Change) -> Void], PresenceLink<Info>?)? {
        guard !self.isReporting, let first = self.news.popFirst() else { return nil }
        self.isReporting = true
        return (first, self.handlers, self.link)
    }

    private mutating func add(_ change: Presence<Info>.Change?) {
        if let change { self.news.append(.change(change)) }
    }

    // MARK: This server

    /// - Returns: whether the socket is new to the room.
    mutating func enter(_ room: String, _ user: String, _ info: Info, _ socket: ObjectIdentifier) -> Bool {
        self.version += 1
        var sockets = self.sockets[room]?[user] ?? Sockets(ids: [], version: 0)
        let isNew = sockets.ids.insert(socket).inserted
        sockets.version = self.version
        self.sockets[room, default: [:]][user] = sockets
        // Times of one server are in order, also when its clock is not.
        self.lastTime = max(self.lastTime + 1, UInt64(max(0, SocketHandshake.now() / .milliseconds(1))))
        let stamp = PresenceTable<Info>.Stamp(time: self.lastTime, node: self.link?.nodeID ?? "")
        let entry = PresenceTable<Info>.Entry(room: room, user: user, info: info, stamp: stamp)
        self.add(self.table.set(entry, of: Self.here))
        self.say { .present(entry, number: $0) }
        return isNew
    }

    /// - Returns: the version of the change if this was the last socket of the user in the room.
    mutating func leave(_ room: String, _ user: String, _ socket: ObjectIdentifier) -> UInt64? {
        guard self.sockets[room]?[user]?.ids.remove(socket) != nil, self.sockets[room]?[user]?.ids.isEmpty == true
        else {
            return nil
        }
        self.version += 1
        self.sockets[room]?[user]?.version = self.version
        return self.version
    }

    mutating func remove(_ room: String, _ user: String, ifStill version: UInt64) {
        guard self.sockets[room]?[user]?.version == version else { return }
        self.sockets[room]?[user] = nil
        if self.sockets[room]?.isEmpty == true { self.sockets[room] = nil }
        self.add(self.table.remove(room, user, of: Self.here))
        self.say { .absent(room: room, user: user, number: $0) }
    }

    private mutating func say(_ message: (UInt64) -> PresenceMessage<Info>) {
        self.count += 1
        if self.link != nil { self.news.append(.message(message(self.count))) }
    }

    // MARK: Other servers

    /// Says how many statements this server has made.
    mutating func sayCount() {
        if self.link != nil { self.news.append(.message(.count(self.count))) }
    }

    mutating func received(_ message: PresenceMessage<Info>, from node: String) {
        switch message {
        case .present(let entry, let number):
            if self.isNext(number, of: node) { self.add(self.table.set(entry, of: node)) }
        case .absent(let room, let user, let number):
            if self.isNext(number, of: node) { self.add(self.table.remove(room, user, of: node)) }
        case .count(let number):
            if self.counts[node] == nil {
                // A new server, which knows nothing of this one. If it has said nothing so far, it need not be asked.
                self.counts[node] = .some(number == 0 ? 0 : nil)
                self.sayCount()
            }
            if self.counts[node] != .some(number) { self.news.append(.message(.ask(node: node))) }
        case .ask(let asked):
            guard asked == self.link?.nodeID else { return }
            self.news.append(.message(.all(self.table.entries(of: Self.here), number: self.count)))
        case .all(let entries, let number):
            self.counts[node] = number
            for change in self.table.replace(with: entries, of: node) { self.add(change) }
        }
    }

    /// Whether a statement follows the last known one. A statement after one that was missed is not made use of: all is
    /// asked for with the next count.
    private mutating func isNext(_ number: UInt64, of node: String) -> Bool {
        guard let known = self.counts[node] ?? nil, known < .max, number == known + 1 else { return false }
        self.counts[node] = number
        return true
    }

    /// A server has been gone for the delay.
    mutating func forget(_ node: String) {
        self.counts[node] = nil
        for change in self.table.replace(with: [], of: node) { self.add(change) }
    }
}
