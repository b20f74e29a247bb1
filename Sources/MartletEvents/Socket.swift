// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
public import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// One client in one namespace: handles the client's events, and sends events to the client.
///
/// A socket lives on the event loop of its connection, and its handlers run there. A call made by a handler acts at
/// once. A call from anywhere else is carried out on that loop a little later; the calls of one thread stay in order.
///
/// `@unchecked Sendable`: once the application sees the socket, `id`, `namespace`, `auth`, `joinedAt`, `connection`, `session`, `shard` and `sharedListeners`
/// never change. `storage` (``data``) and `storageLock` are used under the shard's lock only. All other state is changed on the shard's
/// event loop only; the part that other threads may read (``rooms``, ``isConnected``, ``transport``) is changed under
/// the shard's lock, and read under the lock on other threads.
public final class Socket: @unchecked Sendable {
    enum Phase {
        /// Middleware has not decided yet.
        case connecting
        case connected
        /// The session is frozen, and another server may be about to have it.
        case frozen
        /// Another server has the socket.
        case moved
        case disconnected

        /// Whether the application has seen the socket, and not its end.
        var isJoined: Bool { self != .connecting && self != .disconnected }
    }

    // The members that a broadcast needs come first: see WebSocketConnection.
    /// The connection's session, stored here so that sending need not read the connection.
    let session: Session
    let connection: Connection
    let shard: EventShard
    /// Not in `state`, since other threads read it.
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var phase = Phase.connecting
    /// See ``stayHere()``.
    var staysHere = false
    /// Whether the socket came from another server.
    let restored: Bool
    @exclusivity(unchecked) var state = State()

    struct State {
        /// Whether events wait: as many handlers are suspended as may be, or the socket is still joining.
        var isBusy = true
        var isJoining = true
        var isDraining = false
        var listeners = Listeners()
        var tasks = HandlerTasks()
        /// The last walk of the namespace that met this socket.
        var lastWalk: UInt64 = 0
    }

    /// The namespace that the socket is in.
    public let namespace: Namespace
    /// The public name of this socket. It differs from the session's id, which is secret.
    // Changed, by ``restore(_:)``, only before the application sees the socket. Unchecked: see LoopContext.
    @exclusivity(unchecked) public internal(set) var id: String
    private let auth: SocketArgument
    private let joinedAt: Duration

    var seats: [String: RoomSeat<Socket>] = [:]
    var storage: [String: any Sendable] = [:]
    /// Held while a value of `storage` is changed; made by the first who changes one.
    var storageLock: NIOLock?
    /// The namespace's handlers at the time when the socket was made.
    let sharedListeners: SharedListeners
    var acknowledgements = PendingAcknowledgements()
    /// What waits of the events that replace each other; `nil` if nothing does.
    var latest: LatestEvents?
    var recovery: Recovery?
    /// See ``expires(at:)``.
    var expiry: SocketExpiry?

    /// Events that wait for handlers, in order, with memory of their own.
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
        self.restored = false
        self.connection = connection
        self.session = connection.session
        self.shard = connection.shard
        self.sharedListeners = sharedListeners
    }

    /// A socket from another server.
    init(restoring snapshot: SocketSnapshot, _ auth: SocketArgument, in namespace: Namespace, of connection: Connection)
    {
        self.id = snapshot.id
        self.namespace = namespace
        self.auth = auth
        self.joinedAt = snapshot.joinedAt
        self.restored = true
        self.connection = connection
        self.session = connection.session
        self.shard = connection.shard
        self.sharedListeners = namespace.handlers.events
    }

    var core: ServerCore { self.connection.core }

    /// The request and the authentication data with which the client came.
    public var handshake: SocketHandshake {
        SocketHandshake(auth: self.auth, request: self.session.request, time: self.joinedAt)
    }

    // MARK: On any thread

    /// Whether the socket can send and receive. False until middleware has accepted the socket, and once it has left.
    public var isConnected: Bool { self.read { self.phase == .connected || self.phase == .frozen } }

    /// The rooms that the socket is in, the one named by its ``id`` among them; none once it has left. Rooms of users are
    /// not among them.
    public var rooms: Set<String> {
        self.read {
            guard self.phase == .connected || self.phase == .frozen else { return [] }
            var rooms = Set(self.seats.keys.lazy.compactMap(RoomName.application))
            rooms.insert(self.id)
            return rooms
        }
    }

    /// The transport that carries the connection at the moment.
    public var transport: TransportName { self.read { self.connection.transportName } }

    /// Whether the client can be reached, as far as is known. False while a lossless session has lost its connection and
    /// waits for its client (Protocol.md, section 4), and once the socket has left. What is sent meanwhile reaches the
    /// client when it comes back; if it does not, the socket leaves. A client on long polling is missed only when the
    /// request breaks that waits for events.
    public var isReachable: Bool {
        self.read { self.connection.isReachable && (self.phase == .connected || self.phase == .frozen) }
    }

    /// Adds a handler that is called when the client can no longer be reached, and when it is back; see ``isReachable``.
    @discardableResult
    public func onReachabilityChange(_ handler: @escaping @Sendable (_ isReachable: Bool) -> Void) -> HandlerToken {
        self.add(handler) { $0.reachabilityChanged.append($1) }
    }

    /// Adds a handler that is called when another transport carries the connection: an upgrade, a fallback, or a return
    /// over another network. No message is lost by the change.
    @discardableResult
    public func onTransportChange(_ handler: @escaping @Sendable (TransportName) -> Void) -> HandlerToken {
        self.add(handler) { $0.transportChanged.append($1) }
    }

    /// The application's own values for this socket. They may be read and changed from anywhere.
    public var data: SocketData { SocketData(socket: self) }

    /// Reads state that the loop changes under the lock. Reading on the loop itself needs no lock.
    func read<Value>(_ body: () -> Value) -> Value {
        self.shard.eventLoop.inEventLoop ? body() : self.shard.lock.withLock(body)
    }

    /// Calls `body` now if on the loop, otherwise on the loop as soon as possible.
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
