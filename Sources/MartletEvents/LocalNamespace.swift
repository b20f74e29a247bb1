// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The sockets and rooms of one namespace on one event loop. Confined to that loop.
final class LocalNamespace {
    private unowned let shard: EventShard
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state = State()

    private struct State {
        /// All sockets, in a dense array, so that a broadcast walks over memory in order; see also ``Room``.
        var sockets: [Socket] = []
        /// The index in `sockets` of the socket of each id.
        var positions: [String: Int] = [:]
        /// The number of the last walk. A walk writes its number to each socket that it has met, or that it leaves out.
        var walk: UInt64 = 0
        var isWalking = false
    }

    private(set) var rooms = RoomIndex<Socket>()
    /// `nil` while recovery is off, or is the whole cluster's.
    let recovery: RecoveryStore?
    /// The sockets whose session the whole cluster keeps, by the session's secret name.
    var held: [String: Socket] = [:]
    /// Sessions of the cluster that are on their way back to a client here.
    var returning: [ReturningSession] = []
    /// Nil unless the application handles the namespace's room events.
    private var observer: RoomObserver?

    init(shard: EventShard, name: String) {
        self.shard = shard
        self.recovery = shard.recovery.flatMap { registry in
            guard registry.shared == nil else { return nil }
            return RecoveryStore(shard: shard, registry: registry, namespace: name)
        }
    }

    var isEmpty: Bool {
        self.state.sockets.isEmpty && self.recovery?.isEmpty != false && self.returning.isEmpty
    }

    var sockets: [Socket] { self.state.sockets }

    func add(_ socket: Socket) {
        self.state.positions[socket.id] = self.state.sockets.count
        self.state.sockets.append(socket)
    }

    func remove(_ socket: Socket) {
        if let position = self.state.positions.removeValue(forKey: socket.id), let last = self.state.sockets.popLast() {
            if position < self.state.sockets.count {
                self.state.sockets[position] = last
                self.state.positions[last.id] = position
            }
        }
        let names = self.observer == nil ? [] : Array(socket.seats.keys)
        self.shard.lock.withLock { self.rooms.leaveAll(socket) }
        for name in names { self.observer?.left(name, socket.id, isLast: self.rooms.count(of: name) == 0) }
    }

    /// Tells an observer from now on what happens to the rooms.
    func observe(_ observer: RoomObserver) {
        guard self.observer == nil else { return }
        self.observer = observer
        observer.adopt(self.rooms.names)
    }

    func has(_ id: String) -> Bool { self.state.positions[id] != nil }

    func socket(_ id: String) -> Socket? {
        self.state.positions[id].map { self.state.sockets[$0] }
    }

    func join(_ room: String, _ socket: Socket) {
        // Every socket is in the room of its id; the index does not store this.
        guard room != socket.id else { return }
        let hasJoined = self.shard.lock.withLock { self.rooms.join(room, socket) }
        if hasJoined { socket.noteChange() }
        guard hasJoined, let observer = self.observer else { return }
        observer.joined(room, socket.id, isFirst: self.rooms.count(of: room) == 1)
    }

    func leave(_ room: String, _ socket: Socket) {
        let hasLeft = self.shard.lock.withLock { self.rooms.leave(room, socket) }
        if hasLeft { socket.noteChange() }
        guard hasLeft, let observer = self.observer else { return }
        observer.left(room, socket.id, isLast: self.rooms.count(of: room) == 0)
    }

    /// How many sockets a target has here; constant time for a whole namespace and for one room.
    func count(_ target: BroadcastTarget) -> Int {
        if target.except.isEmpty {
            if target.rooms.isEmpty { return self.state.sockets.count }
            if target.rooms.count == 1, self.state.positions[target.rooms[0]] == nil {
                return self.rooms.count(of: target.rooms[0])
            }
        }
        var count = 0
        self.forEach(target) { _ in count += 1 }
        return count
    }

    /// Calls `body` once for each socket that is in one of the target's rooms and in none of the rooms that it leaves
    /// out.
    ///
    /// The walk allocates no memory for a socket that it has met, but writes its number to the socket. `body` may cause
    /// another walk: when it closes a socket that is too slow, that socket's handler may emit. A walk within a walk is
    /// rare; it keeps a set of the sockets that it has met.
    ///
    /// - Parameter prefetches: whether to prefetch the memory that sending needs, because `body` sends a message.
    func forEach(_ target: BroadcastTarget, prefetches: Bool = false, _ body: (Socket) -> Void) {
        if target.except.isEmpty, target.rooms.count <= 1 {
            // No socket is met twice.
            self.forEach(target, isNew: { _ in true }, prefetches, body)
        } else if self.state.isWalking {
            var met = Set<ObjectIdentifier>()
            self.forEach(target, isNew: { met.insert(ObjectIdentifier($0)).inserted }, prefetches, body)
        } else {
            self.state.walk += 1
            self.state.isWalking = true
            let walk = self.state.walk
            self.forEach(
                target,
                isNew: { socket in
                    if socket.state.lastWalk == walk { return false }
                    socket.state.lastWalk = walk
                    return true
                },
                prefetches,
                body
            )
            self.state.isWalking = false
        }
    }

    @inline(__always)
    private func forEach(
        _ target: BroadcastTarget,
        isNew: (Socket) -> Bool,
        _ prefetches: Bool,
        _ body: (Socket) -> Void
    ) {
        for room in target.except {
            if let socket = self.socket(room) { _ = isNew(socket) }
            for socket in self.rooms.members(of: room) { _ = isNew(socket) }
        }
        if target.rooms.isEmpty {
            self.walk(over: self.state.sockets, isNew: isNew, prefetches, body)
        }
        for room in target.rooms {
            if let socket = self.socket(room), isNew(socket) { body(socket) }
            self.walk(over: self.rooms.members(of: room), isNew: isNew, prefetches, body)
        }
    }

    @inline(__always)
    private func walk(
        over sockets: [Socket],
        isNew: (Socket) -> Bool,
        _ prefetches: Bool,
        _ body: (Socket) -> Void
    ) {
        for index in sockets.indices {
            if prefetches { Self.prefetch(sockets, after: index) }
            if isNew(sockets[index]) { body(sockets[index]) }
        }
    }

    /// See ``SendPrefetch``.
    private static func prefetch(_ sockets: [Socket], after index: Int) {
        sockets.withUnsafeBytes { bytes in
            // Unmanaged, since retaining the socket would wait for its memory; the array holds the sockets.
            func socket(after distance: Int) -> Unmanaged<Socket> {
                let size = MemoryLayout<Unmanaged<Socket>>.stride
                return bytes.load(
                    fromByteOffset: min((index + distance) * size, bytes.count - size), as: Unmanaged.self)
            }
            func session(after distance: Int) -> Unmanaged<Session> {
                socket(after: distance)._withUnsafeGuaranteedRef { .passUnretained($0.session) }
            }
            SendPrefetch.step(
                receiver: socket(after: SendPrefetch.Distance.receiver).toOpaque(),
                session: session(after: SendPrefetch.Distance.session),
                transport: session(after: SendPrefetch.Distance.transport),
                output: session(after: SendPrefetch.Distance.output)
            )
        }
    }

    /// Sends an encoded packet to every socket of a target.
    /// - Returns: to how many it was sent.
    @discardableResult
    func broadcast(_ packet: EncodedPacket, to target: BroadcastTarget) -> Int {
        let context = self.shard.engineShard.loop
        let message = OutboundPacket.shared(
            SharedMessage(
                payload: packet.message, isBinary: packet.isBinary, compresses: target.compresses, on: context)
        )
        let attachments = packet.attachments.map {
            OutboundPacket.shared(
                SharedMessage(payload: $0, isBinary: true, compresses: target.compresses, on: context))
        }
        if let key = target.latestKey { return self.broadcast(message, attachments, packet, latestOf: key, to: target) }
        self.recovery?.record(packet, target)
        let isLogged = packet.offset != nil && self.recovery != nil
        var count = 0
        self.forEach(target, prefetches: true) { socket in
            guard socket.canSend(isVolatile: target.isVolatile) else { return }
            count += 1
            if isLogged || socket.hearsOutgoing {
                socket.willDeliver(packet, isVolatile: target.isVolatile)
            }
            socket.session.send(message)
            for attachment in attachments { socket.session.send(attachment) }
        }
        self.shard.counters.sent &+= count
        return count
    }

    private func broadcast(
        _ message: OutboundPacket,
        _ attachments: [OutboundPacket],
        _ packet: EncodedPacket,
        latestOf key: String,
        to target: BroadcastTarget
    ) -> Int {
        var count = 0
        self.forEach(target) { socket in
            count += 1
            guard socket.takesLatest else { return socket.keepLatest(packet, key) }
            if socket.hearsOutgoing { socket.willDeliver(packet, isVolatile: false) }
            socket.session.send(message)
            for attachment in attachments { socket.session.send(attachment) }
        }
        self.shard.counters.sent &+= count
        return count
    }

    /// Performs an operation on every socket of a target, and on those that are away.
    func perform(_ operation: SocketOperation, on target: BroadcastTarget) {
        for socket in self.sockets(target) { socket.perform(operation) }
        self.recovery?.perform(operation, on: target)
    }

    /// An entry of the cluster's journal has come.
    /// - Returns: to how many sockets an event was sent.
    func deliver(_ delivery: JournalDelivery) -> Int {
        var count = 0
        switch delivery.action {
        case .broadcast(let packet, let target): count = self.broadcast(packet, to: target)
        case .perform(let operation, let target): self.perform(operation, on: target)
        }
        for session in self.returning { session.received(delivery) }
        return count
    }

    /// The sockets of a target, as a copy for operations that change rooms during the walk.
    func sockets(_ target: BroadcastTarget) -> [Socket] {
        var sockets: [Socket] = []
        self.forEach(target) { sockets.append($0) }
        return sockets
    }
}
