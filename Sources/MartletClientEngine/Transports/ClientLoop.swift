// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import WebSocketWire

/// What the sessions of one event loop share: memory and contexts that are used within a call only.
///
/// `@unchecked Sendable`: a reference may be handed around, since every member is used on the event loop only.
final class ClientLoop: @unchecked Sendable {
    let deflatePool = DeflatePool()
    /// The message that was received last.
    var received = ByteBuffer()
    /// A message before its compression, and after it.
    var plain = ByteBuffer()
    var compressed = ByteBuffer()
    private var keys: [UInt32] = []

    private struct Reference {
        weak var loop: ClientLoop?
    }

    private static let all = NIOLockedValueBox<[ObjectIdentifier: Reference]>([:])

    /// The one of an event loop, as long as a session of it lives. Takes a lock: called once a session.
    static func shared(on eventLoop: any EventLoop) -> ClientLoop {
        self.all.withLockedValue { all in
            if let loop = all[ObjectIdentifier(eventLoop)]?.loop { return loop }
            all = all.filter { $0.value.loop != nil }
            let loop = ClientLoop()
            all[ObjectIdentifier(eventLoop)] = Reference(loop: loop)
            return loop
        }
    }

    /// A mask that nobody can predict, for one frame (RFC 6455, 5.3).
    func nextMask() -> WebSocketMask {
        if self.keys.isEmpty {
            let (left, right) = RandomPool.next()
            self.keys = [left, right].flatMap {
                [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)]
            }
        }
        return WebSocketMask(key: self.keys.removeLast())
    }
}
