// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import Logging
internal import MartletClientEngine
public import MartletEngine
public import MartletShared
internal import NIOCore
public import NIOSSL

/// The settings of a ``SocketIOClient``.
public struct SocketIOClientConfiguration: Sendable {
    /// Where Socket.IO is mounted on the server.
    public var path = "/socket.io/"
    /// The transports that may be used, the best first.
    public var transports: [TransportName] = [.websocket, .sse, .polling]
    /// The one to try first; nil: the best.
    package var firstTransport: TransportName?
    /// Whether to ask for a lossless session, which outlives its transports. Other servers than Martlet grant a plain one.
    public var isLossless = true
    /// Header fields for every request.
    public var headers: [(name: String, value: String)] = []
    /// What is trusted, and with which certificate the client shows who it is; nil: the system's roots, and none.
    public var tls: TLSConfiguration?
    /// How long opening a connection may take.
    public var timeout = Duration.seconds(20)

    /// How often to try in a row to connect again; nil: for ever. 0: a connection that is lost stays so.
    public var maxReconnectionAttempts: Int?
    /// Before the first attempt to connect again. Each further delay is twice as long.
    public var reconnectionDelay = Duration.seconds(1)
    /// The longest delay between two attempts.
    public var maxReconnectionDelay = Duration.seconds(5)
    /// How far a delay may be off at random, as a part of it: 0 to 1.
    public var reconnectionJitter = 0.5

    /// How many bytes may wait to be sent: in a connection, and for each socket while there is none. Events past this
    /// limit are not sent, and reported to ``SocketIOClient/onError(_:)``.
    public var maxUnsentBytes = 16 << 20
    /// How many events of a connection may wait for suspended handlers. Past this limit the connection is not read until
    /// half as many wait: the server's events wait at the server, and the answers to acknowledgements behind them.
    public var maxWaitingEvents = 256
    /// How many bytes of events of a connection may wait for suspended handlers. Past this limit the connection is not
    /// read until half as many wait.
    public var maxWaitingEventBytes = 4 << 20
    /// How many binary attachments one packet may have.
    public var maxAttachments = 10
    /// How many bytes all binary attachments of one packet may have together.
    public var maxAttachmentBytes = 10_000_000
    /// Turns arguments into JSON and back.
    public var coder: any ArgumentCoder = JSONArgumentCoder()
    public var logger = Logger(label: "martlet.client")

    public init() {}

    func makeCodec() -> any PacketCodec {
        Parser.json.makeCodec(
            CodecSettings(
                coder: self.coder, maxAttachments: self.maxAttachments, maxAttachmentBytes: self.maxAttachmentBytes))
    }

    var session: ClientSessionConfiguration {
        var session = ClientSessionConfiguration()
        session.transports = self.transports
        session.firstTransport = self.firstTransport
        session.wantsLossless = self.isLossless
        session.headers = self.headers
        session.tls = self.tls
        session.openTimeout = TimeAmount(self.timeout)
        session.maxUnsentBytes = self.maxUnsentBytes
        return session
    }

    /// - Parameter attempt: how many attempts in a row have failed.
    func delay(attempt: Int) -> Duration {
        let delay = min(self.reconnectionDelay * (1 << min(attempt, 20)), self.maxReconnectionDelay)
        let jitter = max(0, min(1, self.reconnectionJitter))
        return delay * Double.random(in: (1 - jitter)...(1 + jitter))
    }
}
