// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// A key of ``SocketData``, which says what stands under it.
public protocol SocketDataKey {
    /// The type of the value. One that is `Codable` goes along when the socket moves to another server.
    associatedtype Value: Sendable

    /// The string under which the value stands, on all servers of a cluster; by default the full name of the key's type.
    static var name: String { get }
}

extension SocketDataKey {
    public static var name: String {
        // What is private has a context whose name differs from process to process.
        String(reflecting: Self.self).split(separator: ".").filter { !$0.hasPrefix("(") }.joined(separator: ".")
    }
}

/// The names of the keys in use: to make one up takes microseconds.
enum SocketDataKeys {
    private static let names = NIOLockedValueBox<[ObjectIdentifier: String]>([:])

    static func name<Key: SocketDataKey>(of key: Key.Type) -> String {
        self.names.withLockedValue { names in
            if let name = names[ObjectIdentifier(key)] { return name }
            let name = key.name
            names[ObjectIdentifier(key)] = name
            return name
        }
    }
}
