// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A table that forgets what nobody has asked for lately: bounded in size and in time.
///
/// It has two generations. What is added or found goes to the young one. When that is full or old, it becomes the old
/// generation, whose entries are forgotten.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private var isOldFrom: NIODeadline
    private let limit: Int
    private let time: TimeAmount

    /// - Parameters:
    ///   - limit: how many entries a generation has at most.
    ///   - time: how long a generation is the young one at most.
    init(limit: Int, time: TimeAmount, now: NIODeadline = .now()) {
        self.limit = limit
        self.time = time
        self.isOldFrom = now + time
    }

    var count: Int { self.young.count + self.old.count }

    mutating func set(_ value: Value, for key: Key, now: NIODeadline = .now()) {
        if now >= self.isOldFrom || self.young.count >= self.limit {
            // A table that was not used for two periods has nothing recent.
            self.old = now >= self.isOldFrom + self.time ? [:] : self.young
            self.young = [:]
            self.isOldFrom = now + self.time
        }
        self.old[key] = nil
        self.young[key] = value
    }

    mutating func value(for key: Key, now: NIODeadline = .now()) -> Value? {
        if self.young.isEmpty, self.old.isEmpty { return nil }
        guard let value = self.young[key] ?? self.old[key] else { return nil }
        if now >= self.isOldFrom || self.young[key] == nil { self.set(value, for: key, now: now) }
        return value
    }

    mutating func remove(_ key: Key) {
        self.young[key] = nil
        self.old[key] = nil
    }
}
