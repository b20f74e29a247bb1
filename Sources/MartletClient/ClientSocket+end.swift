// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletClientEngine
internal import MartletEngine
internal import MartletShared
internal import NIOCore
internal import SocketIOWire

/// The end of a connection, and of a stay in a namespace.
extension ClientSocket {
    /// The connection is over; the manager may open another.
    /// - Parameter recalled: this socket's events that were not handed over to the connection.
    func connectionEnded(_ reason: DisconnectReason, recalled: [UnsentEvent]) {
        self.stopJoining()
        guard self.isConnected else { return }
        for event in recalled { self.keep(event) }
        self.ended(reason)
        if self.isActive { self.change(to: .connecting) }
    }

    /// The socket is not connected any more. Answers are awaited only to what has not been sent.
    func ended(_ reason: DisconnectReason) {
        self.stopJoining()
        self.dropWaiting()
        self.failAcknowledgements(but: self.unsent.questions)
        self.change(to: .disconnected(reason))
        if !self.isActive {
            self.resumeWaiters(.failure(ConnectionFailed(reason: reason, description: "the socket was disconnected")))
        }
    }

    /// No connection, and none is tried any more.
    func failed(_ error: any Error) {
        self.stopJoining()
        self.isActive = false
        if let refusal = error as? ConnectionRefused {
            self.change(to: .refused(refusal))
        } else {
            self.change(to: .disconnected((error as? ConnectionFailed)?.reason))
        }
        self.resumeWaiters(.failure(error))
    }

    /// The client is closed: nothing of the socket is waited for any more.
    func abandon() {
        self.leave()
        self.unsent = UnsentEvents()
        self.failAcknowledgements(but: [])
        self.listeners = ClientListeners()
        for watcher in self.watchers.values { watcher.finish() }
        self.watchers = [:]
    }

    private func failAcknowledgements(but kept: Set<Int>) {
        for pending in self.acknowledgements.removeAll(but: kept) {
            self.manager.timers.cancel(pending.timer)
            pending.completion(.failure(.disconnected))
        }
    }

    func leave() {
        guard self.isActive else { return }
        self.isActive = false
        if self.isConnected { self.tellLeaving() }
        self.pid = nil
        self.ended(.ioClientDisconnect)
    }

    func tellLeaving() {
        var text = ByteBuffer()
        SocketPacketWriter.writeDisconnect(namespace: self.namespace, into: &text)
        self.manager.openSession?.send(text: text)
    }

    /// The answer of `auth` is not needed any more.
    private func stopJoining() {
        self.joins += 1
        self.authTask?.cancel()
        self.authTask = nil
        self.dropEarly()
    }
}
