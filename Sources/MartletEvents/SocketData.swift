// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// The application's own values for a socket, each under a key that says its type:
///
/// ```swift
/// enum PlayerKey: SocketDataKey { typealias Value = Player }
///
/// socket.data[PlayerKey.self] = Player(name: name)
/// let player = socket.data[PlayerKey.self]
/// socket.data.update(PlayerKey.self) { $0?.score += 1 }
/// ```
///
/// May be used from any thread. Each access is atomic; two accesses together are not, so change a value by
/// ``update(_:_:)``. A value may also stand under a string, as ``RemoteSocket`` has it.
public struct SocketData: Sendable {
    let socket: Socket

    /// The value under a key; `nil` removes it.
    public subscript<Key: SocketDataKey>(key: Key.Type) -> Key.Value? {
        get { self[SocketDataKeys.name(of: key), as: Key.Value.self] }
        nonmutating set { self[SocketDataKeys.name(of: key)] = newValue }
    }

    /// Changes the value under a key.
    /// - Parameters:
    ///   - key: the value's key.
    ///   - change: called with the value, which it may replace, or remove by making it `nil`. Other changes of the socket's
    ///     values wait meanwhile, so it must not make one itself.
    /// - Returns: what `change` returns.
    /// - Throws: what `change` throws; the value is unchanged then.
    public func update<Key: SocketDataKey, Result, Failure: Error>(
        _ key: Key.Type,
        _ change: (inout Key.Value?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let name = SocketDataKeys.name(of: key)
        let lock = self.changeLock
        lock.lock()
        defer { lock.unlock() }
        var value = self[name, as: Key.Value.self]
        let result = try change(&value)
        self.store(value, under: name)
        return result
    }

    /// The value under a string; `nil` removes it.
    public subscript(key: String) -> (any Sendable)? {
        get { self.socket.shard.lock.withLock { self.socket.storage[key] } }
        nonmutating set { self.changeLock.withLock { self.store(newValue, under: key) } }
    }

    private func store(_ value: (any Sendable)?, under key: String) {
        // Release the old value outside the lock: its deinitializer may run any code.
        var old: (any Sendable)?
        self.socket.shard.lock.withLock {
            old = self.socket.storage[key]
            self.socket.storage[key] = value
        }
        withExtendedLifetime(old) {}
        guard self.socket.core.recovery?.shared != nil else { return }
        self.socket.onLoop { [socket = self.socket] in socket.noteChange() }
    }

    private var changeLock: NIOLock {
        self.socket.shard.lock.withLock {
            if let lock = self.socket.storageLock { return lock }
            let lock = NIOLock()
            self.socket.storageLock = lock
            return lock
        }
    }

    /// The value under a string if it is of this type. On a socket that came from another server, a value that the
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
