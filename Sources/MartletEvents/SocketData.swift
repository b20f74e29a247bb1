// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// The application's own values for a socket.
///
/// ```swift
/// socket.data["user"] = user
/// let user = socket.data["user", as: User.self]
/// ```
///
/// May be used from any thread. Each access is atomic; two accesses together are not.
public struct SocketData: Sendable {
    let socket: Socket

    /// The value under a key; `nil` removes it.
    public subscript(key: String) -> (any Sendable)? {
        get { self.socket.shard.lock.withLock { self.socket.storage[key] } }
        nonmutating set {
            // Release the old value outside the lock: its deinitializer may run any code.
            var old: (any Sendable)?
            self.socket.shard.lock.withLock {
                old = self.socket.storage[key]
                self.socket.storage[key] = newValue
            }
            withExtendedLifetime(old) {}
            guard self.socket.core.recovery?.shared != nil else { return }
            self.socket.onLoop { [socket = self.socket] in socket.noteChange() }
        }
    }

    /// The value under a key if it is of this type. On a socket that came from another server, a value that the
    /// application has not replaced is decoded as the type that is asked for.
    public subscript<Value: Sendable>(key: String, as type: Value.Type) -> Value? {
        switch self[key] {
        case nil: nil
        case let value as Value: value
        // From another server, or stored like that.
        case let value as SocketArgument: (type as? any Decodable.Type).flatMap { value.decoded(as: $0) as? Value }
        default: nil
        }
    }
}

extension SocketArgument {
    fileprivate func decoded(as type: any Decodable.Type) -> Any? {
        func open<Value: Decodable>(_ type: Value.Type) -> Any? { try? self.decode(as: type) }
        return open(type)
    }
}
