// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet

/// What concerns all servers of a cluster, for clients of the namespace `/cluster`. A room that is null is the whole
/// namespace.
enum ClusterEvents {
    private struct Answers: Encodable, Sendable {
        let sockets: Int
        let missingNodes: Int
        let replies: [String: SocketArgument]
        let failures: [String: String]
    }

    private struct Fetched: Encodable, Sendable {
        struct Remote: Encodable, Sendable {
            let id: String
            let rooms: [String]
            let auth: SocketArgument?
        }

        let sockets: [Remote]
        let nodesAsked: Int?
        let nodesAnswered: Int?

        init(_ sockets: [RemoteSocket], _ error: IncompleteAnswer<[RemoteSocket]>? = nil) {
            self.sockets = sockets.map { Remote(id: $0.id, rooms: $0.rooms.sorted(), auth: $0.data["auth"]) }
            self.nodesAsked = error?.nodesAsked
            self.nodesAnswered = error?.nodesAnswered
        }
    }

    private struct ServerAnswer: Encodable, Sendable {
        let node: String
        let reply: SocketArgument?
        let failure: String?
    }

    static func install(on namespace: Namespace) {
        namespace.onConnection { socket in
            socket.data["auth"] = socket.handshake.auth
            socket.emit("auth", socket.handshake.auth)
        }
        Self.installOperations(on: namespace)
        Self.installServerEvents(on: namespace)
        Self.installPresence(on: namespace)
    }

    private static func target(_ room: String?, in namespace: Namespace) -> BroadcastOperator {
        if let room { namespace.to(room) } else { namespace.everyone }
    }

    private static func installOperations(on namespace: Namespace) {
        namespace.on("ask-all") {
            (socket: Socket, room: String?, question: SocketArgument, milliseconds: Int) async throws -> Answers in
            let answers = try await Self.target(room, in: socket.namespace)
                .emitWithAck("question", question, timeout: .milliseconds(milliseconds), as: SocketArgument.self)
            let (replies, failures) = await answers.collected()
            return Answers(
                sockets: answers.socketCount,
                missingNodes: answers.missingNodes,
                replies: replies,
                failures: failures.mapValues(\.description)
            )
        }
        namespace.on("fetch") { (socket: Socket, room: String?) async -> Fetched in
            do throws(IncompleteAnswer<[RemoteSocket]>) {
                return Fetched(try await Self.target(room, in: socket.namespace).fetchSockets())
            } catch {
                return Fetched(error.value, error)
            }
        }
        namespace.on("sockets-join") { (socket: Socket, room: String?, rooms: [String]) in
            Self.target(room, in: socket.namespace).socketsJoin(rooms)
        }
        namespace.on("sockets-leave") { (socket: Socket, room: String?, rooms: [String]) in
            Self.target(room, in: socket.namespace).socketsLeave(rooms)
        }
        namespace.on("disconnect-sockets") { (socket: Socket, room: String?, closingConnection: Bool) in
            Self.target(room, in: socket.namespace).disconnectSockets(closingConnection: closingConnection)
        }
    }

    private static func installServerEvents(on namespace: Namespace) {
        namespace.onServerSideEvent("told") { [weak namespace] (argument: SocketArgument) in
            namespace?.local.emit("told", argument)
        }
        namespace.on("tell-servers") { (socket: Socket, argument: SocketArgument) in
            socket.namespace.serverSideEmit("told", argument)
        }
        namespace.onServerSideEvent("asked") { (argument: SocketArgument) -> SocketArgument in argument }
        namespace.on("ask-servers") {
            (socket: Socket, argument: SocketArgument, milliseconds: Int) async throws -> [ServerAnswer] in
            let answers: [NodeAnswer<SocketArgument>] = try await socket.namespace.serverSideEmitWithAck(
                "asked", argument, timeout: .milliseconds(milliseconds))
            return answers.map { answer in
                switch answer.result {
                case .success(let reply): ServerAnswer(node: answer.nodeID, reply: reply, failure: nil)
                case .failure(let error): ServerAnswer(node: answer.nodeID, reply: nil, failure: error.description)
                }
            }
        }
    }

    private static func installPresence(on namespace: Namespace) {
        let presence = Presence<String>(in: namespace, leaveDelay: .milliseconds(100))
        presence.onChange { [weak namespace] change in
            namespace?.local.to(change.room).emit("presence", change.kind, change.member)
        }
        namespace.on("enter") { (socket: Socket, room: String, user: String, info: String) in
            presence.enter(room, as: user, info, with: socket)
        }
        namespace.on("members") { (_: Socket, room: String) -> [Presence<String>.Member] in
            presence.members(of: room)
        }
    }
}
