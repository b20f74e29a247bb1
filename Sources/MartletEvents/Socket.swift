// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
public import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// One client in one namespace: what it sends is handled here, and what is for it is sent from here.
///
/// A socket lives on the event loop of its connection, and its handlers run there: a call made by a handler acts at
/// once. A call from anywhere else is carried out on that loop a little later; the calls of one thread stay in order.
///
/// `@unchecked Sendable`: `id`, `namespace`, `auth`, `joinedAt`, `connection`, `session`, `shard` and `sharedListeners`
/// never change. All other state is changed on the shard's event loop only; the part that other threads may read
/// (``data``, ``rooms``, ``isConnected``, ``transport``) is changed under the shard's lock, and read under it from
/// elsewhere.
public final class Socket: @unchecked Sendable {
    enum Phase {
        /// Middleware has not decided yet.
        case connecting
        case connected
        case disconnected
    }

    // What a broadcast needs comes first: see WebSocketConnection.
    /// The connection's, at hand without a look at that.
    let session: Session
    let connection: Connection
    let shard: EventShard
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var state = State()
    /// Apart from the rest, since other threads read it.
    @exclusivity(unchecked) var phase = Phase.connecting

    struct State {
        /// The last walk of the namespace that met this socket.
        var lastWalk: UInt64 = 0
        /// Whether a handler that is suspended, or the connection being made, holds events back.
        var isBusy = true
        var isDraining = false
        var listeners = Listeners()
    }

    /// The namespace that the socket is in.
    public let namespace: Namespace
    /// The public name of this socket, another one than that of the connection, which is secret.
    public let id: String
    private let auth: SocketArgument
    private let joinedAt: Duration

    var seats: [String: RoomSeat<Socket>] = [:]
    var storage: [String: any Sendable] = [:]
    /// The namespace's handlers, from the time it joined.
    let sharedListeners: SharedListeners
    var acknowledgements = PendingAcknowledgements()

    /// Events that wait, in order, with memory of their own.
    var waiting = Deque<ReceivedPacket>()

    init(
        namespace: Namespace,
        auth: SocketArgument,
        connection: Connection,
        sharedListeners: SharedListeners
    ) {
        self.id = connection.makeSocketID()
        self.namespace = namespace
        self.auth = auth
        self.joinedAt = SocketHandshake.now()
        self.connection = connection
        self.session = connection.session
        self.shard = connection.shard
        self.sharedListeners = sharedListeners
    }

    var core: ServerCore { self.connection.core }

    /// The request and the authentication data with which the client came.
    public var handshake: SocketHandshake {
        SocketHandshake(auth: self.auth, request: self.session.request, time: self.joinedAt)
    }

    // MARK: What other threads may read

    /// Whether the socket can send and receive. False before middleware has let it in, and once it has left.
    public var isConnected: Bool { self.read { self.phase == .connected } }

    /// The rooms that the socket is in, the one named by its ``id`` among them; none once it has left.
    public var rooms: Set<String> {
        self.read {
            guard self.phase == .connected else { return [] }
            var rooms = Set(self.seats.keys)
            rooms.insert(self.id)
            return rooms
        }
    }

    /// The transport that carries the connection at the moment.
    public var transport: TransportName { self.read { self.connection.transportName } }

    /// Called when another transport carries the connection: an upgrade, a fallback, or a return over another network.
    /// Nothing was lost by it.
    public func onTransportChange(_ handler: @escaping @Sendable (TransportName) -> Void) {
        self.onLoop {
            guard self.phase != .disconnected else { return }
            self.state.listeners.transportChanged.append(handler)
        }
    }

    /// Values of the application's own that belong to this socket. They may be read and changed from anywhere.
    public var data: SocketData { SocketData(socket: self) }

    /// Reads state that the loop changes under the lock. On the loop itself there is nobody to wait for.
    func read<Value>(_ body: () -> Value) -> Value {
        self.shard.eventLoop.inEventLoop ? body() : self.shard.lock.withLock(body)
    }

    /// Does it now on the loop, else there as soon as it can.
    func onLoop(_ body: @escaping @Sendable () -> Void) {
        self.shard.queue.perform(body)
    }
}

extension Socket: RoomMember {}

extension Socket: Hashable {
    public static func == (left: Socket, right: Socket) -> Bool { left === right }
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension Socket: CustomStringConvertible {
    public var description: String { "Socket(\(self.namespace.name) \(self.id))" }
}
