// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet
internal import MartletEngine
internal import MartletEvents

/// A server's numbers at one time. Numbers of messages and times of the CPU are totals: two of them make a rate.
struct Rates: Encodable, Sendable {
    private static let maxNamespaces = 50

    /// Milliseconds since 1970.
    let at: Int
    let sessions: Int
    let sockets: Int
    let sessionsByTransport: [String: Int]
    /// The namespaces with the most sockets.
    let socketsByNamespace: [String: Int]
    let messagesIn: Int
    let messagesOut: Int
    let unsentBytes: Int
    let slowReceivers: Int
    let disconnects: [String: Int]
    /// In bytes; none where it is not known.
    let residentMemory: Int?
    /// In seconds.
    let cpuTime: Double
    /// The other servers of the cluster; none without a cluster.
    let otherServers: Int?

    init(of server: SocketIOServer) async {
        let statistics = await server.statistics()
        self.at = .millisecondsSince1970
        self.sessions = statistics.sessions
        self.sockets = statistics.sockets
        self.sessionsByTransport = Dictionary(
            uniqueKeysWithValues: statistics.sessionsByTransport.map { ($0.key.rawValue, $0.value) })
        let largest = statistics.socketsByNamespace.sorted { $0.value > $1.value }.prefix(Self.maxNamespaces)
        self.socketsByNamespace = Dictionary(largest.map { ($0.key.cut, $0.value) }, uniquingKeysWith: +)
        self.messagesIn = statistics.messagesIn
        self.messagesOut = statistics.messagesOut
        self.unsentBytes = statistics.unsentBytes
        self.slowReceivers = statistics.slowReceivers
        self.disconnects = Dictionary(
            uniqueKeysWithValues: statistics.disconnects.map { ($0.key.rawValue, $0.value) })
        self.residentMemory = ProcessUse.residentMemory
        self.cpuTime = ProcessUse.cpuTime
        self.otherServers = server.clusterNode?.others
    }
}
