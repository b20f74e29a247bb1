// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import SocketIOWire

/// The handlers of events, by name.
///
/// A hash table with linear probing, asked once a message. A Dictionary finds out what its keys' hashes are, and whether
/// they are equal, through the runtime's tables when their type is another module's, which took seven times as long.
struct EventTable: Sendable {
    private struct Entry {
        let name: EventName
        var listeners: [Listener]
    }

    private var entries: [Entry] = []
    /// The place of an entry by its hash, or -1: a power of two of them, at least half of which are free.
    private var places: [Int32] = []

    /// Whether there has been no handler since it was made.
    var isEmpty: Bool { self.entries.isEmpty }

    /// How many names it has room for.
    var capacity: Int { self.places.count / 2 }

    /// The handlers of an event, in the order in which they were added.
    subscript(_ name: EventName) -> [Listener] {
        get { self.find(name).map { self.entries[$0].listeners } ?? [] }
        set {
            if let entry = self.find(name) {
                self.entries[entry].listeners = newValue
            } else if !newValue.isEmpty {
                self.add(Entry(name: name, listeners: newValue))
            }
        }
    }

    private func find(_ name: EventName) -> Int? {
        if self.places.isEmpty { return nil }
        var slot = name.hash
        while true {
            let entry = Int(self.places[slot & (self.places.count - 1)])
            if entry < 0 { return nil }
            if self.entries[entry].name == name { return entry }
            slot &+= 1
        }
    }

    private mutating func add(_ entry: Entry) {
        if self.entries.count >= self.capacity {
            // Those that have lost their handlers make room first.
            let kept = self.entries.filter { !$0.listeners.isEmpty }
            self.entries = []
            self.places = Array(repeating: -1, count: max(4, (kept.count + 1).nextPowerOfTwo * 2))
            for entry in kept { self.insert(entry) }
        }
        self.insert(entry)
    }

    private mutating func insert(_ entry: Entry) {
        var slot = entry.name.hash
        while self.places[slot & (self.places.count - 1)] >= 0 { slot &+= 1 }
        self.places[slot & (self.places.count - 1)] = Int32(self.entries.count)
        self.entries.append(entry)
    }
}

extension Int {
    /// The least power of two that is not below it.
    fileprivate var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
