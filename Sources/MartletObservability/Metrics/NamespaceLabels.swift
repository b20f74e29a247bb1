// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// The names of namespaces as labels of metrics. Clients may bring namespaces into being (`SocketIOServer.of(matching:)`),
/// and a metrics system keeps a series for each label that it has ever seen: only the first names have a label of their
/// own, and all later ones share one.
final class NamespaceLabels: Sendable {
    static let limit = 64
    static let other = "other"

    private let labels: NIOLockedValueBox<Set<String>>

    /// - Parameter first: names that have a label of their own in any case: the application's.
    init(_ first: [String]) {
        self.labels = NIOLockedValueBox(Set(first))
    }

    subscript(_ name: String) -> String {
        self.labels.withLockedValue { labels in
            if labels.contains(name) { return name }
            guard labels.count < Self.limit else { return Self.other }
            labels.insert(name)
            return name
        }
    }
}
