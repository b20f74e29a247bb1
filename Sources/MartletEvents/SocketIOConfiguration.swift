// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine

/// The settings of a ``SocketIOServer``. Those that concern events are declared here; those that concern sessions are
/// in `EngineIOConfiguration`, and can be read and set here too, as in `configuration.pingInterval`.
@dynamicMemberLookup
public struct SocketIOConfiguration: Sendable {
    /// The settings of the sessions: path, transports, times, limits, compression. The default path is `/socket.io/`.
    public var engine: EngineIOConfiguration

    /// The terms of a lossless session.
    public typealias Resume = EngineIOConfiguration.Resume

    /// How long a connection may be open without having joined a namespace.
    public var connectTimeout = Duration.seconds(45)

    /// How many binary attachments one packet may have.
    public var maxAttachments = 10
    /// How many bytes all binary attachments of one packet may have together.
    public var maxAttachmentBytes = 10_000_000
    /// How many namespaces one connection may have joined. Past this limit, a client gets a connect error.
    public var maxNamespaces = 100
    /// How many rooms one socket may be in. Past this limit, it joins no other room.
    public var maxRooms = 10_000
    /// How many events of one connection may wait for suspended handlers. Past this limit, the connection is not read
    /// until half as many wait.
    public var maxWaitingEvents = 256
    /// How many bytes of events of one connection may wait for suspended handlers. Past this limit, the connection is not
    /// read until half as many wait.
    public var maxWaitingEventBytes = 4 << 20
    /// How many events of one socket may be handled at the same time, by asynchronous handlers. With 1, the default, an event
    /// waits until the handlers of the one before have returned. With more, events still begin in their order, but a later
    /// one may be done first.
    public var maxConcurrentHandlers = 1
    /// How long an asynchronous handler may take, or all middleware of a joining socket together; `nil`: any time. Past this
    /// limit its task is cancelled. If it then throws a `CancellationError`, it has failed with a ``HandlerTimedOut``; later
    /// events wait until it has returned.
    public var handlerTimeout: Duration?
    /// How many acknowledgements of one socket may be outstanding. Past this limit, the oldest fails with
    /// `AcknowledgementError.tooManyPending`.
    public var maxPendingAcknowledgements = 10_000
    /// How many unsent bytes for one client a volatile event may wait behind. With 0, the default, a volatile event
    /// that would have to wait is dropped: on long polling while none of the client's requests waits, on a connection
    /// that cannot take more at the moment, and in a session that has lost its connection (there with any limit).
    public var volatileLimit: Int {
        get { self.engine.volatileLimit }
        set { self.engine.volatileLimit = newValue }
    }

    /// How many events that replace each other may wait for one socket, each of another key; see ``Socket/latest(of:)``. Past
    /// this limit, or past `unsentLimit` in bytes, the oldest is dropped.
    public var maxLatestEvents = 1000

    /// The terms on which clients that come back get their state back; `nil`, the default, for not at all.
    public var connectionStateRecovery: ConnectionStateRecovery?

    /// How much is kept of the events that are sent by ``BroadcastOperator/kept``.
    public var history = HistoryLimits()

    /// Tells the time since 1 January 1970, UTC.
    package var unixTime: @Sendable () -> Duration = SocketHandshake.now

    /// The form of packets on the wire.
    public var parser = Parser.json
    /// Turns arguments into JSON and back. Used by `Parser.json` only.
    public var coder: any ArgumentCoder = JSONArgumentCoder()

    public init() {
        self.engine = EngineIOConfiguration()
        self.engine.path = "/socket.io/"
    }

    package func makeCodec() -> any PacketCodec {
        self.parser.makeCodec(
            CodecSettings(
                coder: self.coder, maxAttachments: self.maxAttachments, maxAttachmentBytes: self.maxAttachmentBytes))
    }

    /// A setting of ``engine``.
    public subscript<Value>(dynamicMember setting: WritableKeyPath<EngineIOConfiguration, Value>) -> Value {
        get { self.engine[keyPath: setting] }
        set { self.engine[keyPath: setting] = newValue }
    }
}
