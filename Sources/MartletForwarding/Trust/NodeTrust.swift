// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import Crypto
internal import HTTPTypes
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Android)
internal import Android
#else
internal import Darwin
#endif

/// Signs what this node forwards, and checks what it is sent as forwarded.
final class NodeTrust: Sendable {
    enum Refusal: String, Error {
        case notSigned = "it is not signed with the secret, or for another request or server"
        case stale = "the clocks differ by more than a minute, or it is old"
        case replayed = "it was received before"
    }

    private struct Sender {
        var window = ReplayWindow()
        var lastTime: Int
    }

    private let nodeID: String
    private let key: SymmetricKey
    private let lastNumber = ManagedAtomic<UInt64>(0)
    /// By the ids of the nodes.
    private let senders = NIOLockedValueBox<[String: Sender]>([:])

    /// How far the time of a field may be from the time here, in seconds.
    static let tolerance = 60
    private static let maxSenders = 1000

    init(nodeID: String, key: SymmetricKey) {
        self.nodeID = nodeID
        self.key = key
    }

    static var now: Int { time(nil) }

    /// The field of a request to another node. A request that is sent again gets a new one.
    func field(for exchange: any ForwardableExchange, to receiver: String, now: Int = NodeTrust.now) -> String {
        ForwardedField(
            node: self.nodeID,
            address: exchange.peerAddress,
            isSecure: exchange.isSecure,
            time: now,
            number: self.lastNumber.wrappingIncrementThenLoad(ordering: .relaxed)
        )
        .signed(
            for: .init(method: exchange.method.rawValue, target: exchange.target, receiver: receiver), by: self.key)
    }

    /// Checks the field of a request from another node.
    func check(
        _ field: String,
        method: String,
        target: String,
        now: Int = NodeTrust.now
    ) throws(Refusal) -> ForwardedField {
        let request = ForwardedField.Request(method: method, target: target, receiver: self.nodeID)
        guard let field = ForwardedField(field, of: request, signedBy: self.key) else { throw .notSigned }
        guard now - Self.tolerance...now + Self.tolerance ~= field.time else { throw .stale }
        let isNew = self.senders.withLockedValue { senders -> Bool in
            if senders[field.node] == nil {
                // What a node has sent before is too old by now, and is refused for that.
                senders = senders.filter { $0.value.lastTime >= now - 2 * Self.tolerance }
                guard senders.count < Self.maxSenders else { return false }
            }
            senders[field.node, default: Sender(lastTime: now)].lastTime = now
            return senders[field.node]?.window.take(field.number) ?? false
        }
        guard isNew else { throw .replayed }
        return field
    }
}
