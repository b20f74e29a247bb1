// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletClientEngine
internal import MartletShared
internal import NIOCore
internal import SocketIOWire

/// The way into a namespace.
extension ClientSocket {
    /// Asks the server for the namespace.
    func join() {
        // It was asked, and left since: its answer counts.
        guard !self.isAsking else { return }
        self.joins += 1
        let join = self.joins
        guard let auth = self.auth else { return self.askToJoin(nil) }
        self.authTask = self.manager.executor.start {
            let result: Result<SocketArgument, any Error>
            do {
                result = .success(
                    try SocketArgument(encoding: try await auth(), using: self.manager.configuration.coder))
            } catch {
                result = .failure(error)
            }
            self.manager.onLoop {
                guard self.joins == join, self.isActive else { return }
                switch result {
                case .success(let auth): self.askToJoin(auth)
                case .failure(let error):
                    self.failed(error)
                    self.manager.deactivated()
                }
            }
        }
    }

    private func askToJoin(_ auth: SocketArgument?) {
        self.isAsking = true
        var object = auth.map { String(buffer: $0.json) } ?? ""
        if let pid = self.pid {
            // Both are what a server has sent as JSON strings; a client that returns names them before its own members.
            var head = ByteBuffer(string: "{\"pid\":")
            SocketPacketWriter.writeJSONString(pid, into: &head)
            if let offset = self.offset {
                head.writeString(",\"offset\":")
                SocketPacketWriter.writeJSONString(offset, into: &head)
            }
            let members = object.hasPrefix("{") ? object.dropFirst() : "}"
            object = String(buffer: head) + (members == "}" ? "" : ",") + members
        }
        var text = ByteBuffer()
        SocketPacketWriter.writeConnect(
            namespace: self.namespace, auth: object.isEmpty ? nil : ByteBuffer(string: object), into: &text)
        self.manager.openSession?.send(text: text)
    }

    private struct Welcome: Decodable {
        let sid: String
        let pid: String?
    }

    private struct Refusal: Decodable {
        let message: String
        let data: SocketArgument?
    }

    func joined(_ packet: SocketPacket) {
        guard self.isAsking, let payload = packet.payload,
            let welcome = try? JSONArgumentCoder().decode(Welcome.self, from: payload, attachments: [])
        else { return }
        self.isAsking = false
        // A server may end the connection of a client that leaves before it was let in.
        guard self.isActive else { return self.tellLeaving() }
        let isRecovered = welcome.pid != nil && welcome.pid == self.pid
        self.pid = welcome.pid
        if !isRecovered { self.offset = nil }
        self.change(to: .connected(id: welcome.sid, isRecovered: isRecovered))
        self.handleEarly()
        self.sendUnsent()
        self.resumeWaiters(.success(()))
    }

    func refused(_ packet: SocketPacket) {
        guard self.isAsking, let payload = packet.payload else { return }
        self.isAsking = false
        guard self.isActive else { return }
        let refusal = try? JSONArgumentCoder().decode(Refusal.self, from: payload, attachments: [])
        self.failed(ConnectionRefused(message: refusal?.message ?? "Refused", data: refusal?.data))
        self.manager.deactivated()
    }
}
