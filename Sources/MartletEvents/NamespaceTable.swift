// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// The namespaces of a server: those that were made by name, and those that clients bring into being by asking for a
/// name that a ``ParentNamespace`` takes.
final class NamespaceTable: Sendable {
    private struct Entry {
        let namespace: Namespace
        /// How many sockets are in a child, or about to be; `nil` for a namespace that stays without sockets.
        var population: Int?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var parents: [ParentNamespace] = []
        var onNew: (@Sendable (Namespace) -> Void)?
        /// Called with each namespace that is in the table, once it is.
        var observer: (@Sendable (Namespace) -> Void)?
    }

    private let state = NIOLockedValueBox(State())
    /// Held while a child is made, so that no socket enters it before `onNew` has set its handlers.
    private let creation = NIOLock()

    /// A namespace that stays.
    func namespace(_ name: String, _ make: () -> Namespace) -> Namespace {
        let (namespace, observer) = self.state.withLockedValue { state in
            let existing = state.entries[name]?.namespace
            let namespace = existing ?? make()
            state.entries[name] = Entry(namespace: namespace, population: nil)
            return (namespace, existing == nil ? state.observer : nil)
        }
        observer?(namespace)
        return namespace
    }

    func existing(_ name: String) -> Namespace? {
        self.state.withLockedValue { $0.entries[name]?.namespace }
    }

    var all: [Namespace] { self.state.withLockedValue { $0.entries.values.map(\.namespace) } }

    /// Calls a function with each namespace that is added.
    /// - Returns: the namespaces that were there before.
    func observe(_ observer: @escaping @Sendable (Namespace) -> Void) -> [Namespace] {
        self.state.withLockedValue { state in
            state.observer = observer
            return state.entries.values.map(\.namespace)
        }
    }

    func add(_ parent: ParentNamespace) {
        self.state.withLockedValue { $0.parents.append(parent) }
    }

    func onNew(_ handler: @escaping @Sendable (Namespace) -> Void) {
        self.state.withLockedValue { $0.onNew = handler }
    }

    func children(of parent: ParentNamespace) -> [Namespace] {
        self.state.withLockedValue { state in
            state.entries.values.map(\.namespace).filter { $0.parent === parent }
        }
    }

    /// A socket is about to join. For each call that returns a namespace, the caller calls ``leave(_:)`` once.
    func enter(_ name: String, auth: SocketArgument) -> Namespace? {
        if let namespace = self.enterExisting(name) { return namespace }
        let parents = self.state.withLockedValue { $0.parents }
        guard let parent = parents.first(where: { $0.takes(name, auth) }) else { return nil }
        let (namespace, observer) = self.creation.withLock { () -> (Namespace, (@Sendable (Namespace) -> Void)?) in
            if let namespace = self.enterExisting(name) { return (namespace, nil) }
            let child = Namespace(name: name, core: parent.core, parent: parent)
            self.state.withLockedValue { $0.onNew }?(child)
            return self.state.withLockedValue { state in
                // The application may have made the namespace meanwhile.
                if let namespace = state.entries[name]?.namespace { return (namespace, nil) }
                state.entries[name] = Entry(namespace: child, population: 1)
                return (child, state.observer)
            }
        }
        observer?(namespace)
        return namespace
    }

    private func enterExisting(_ name: String) -> Namespace? {
        self.state.withLockedValue { state in
            guard let entry = state.entries[name] else { return nil }
            if let population = entry.population { state.entries[name]?.population = population + 1 }
            return entry.namespace
        }
    }

    /// - Returns: whether the namespace has gone with its last socket.
    func leave(_ namespace: Namespace) -> Bool {
        guard namespace.parent != nil else { return false }
        return self.state.withLockedValue { state in
            guard let population = state.entries[namespace.name]?.population else { return false }
            state.entries[namespace.name]?.population = population - 1
            if population == 1 { state.entries[namespace.name] = nil }
            return population == 1
        }
    }
}
