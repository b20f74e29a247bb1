// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet
internal import NIOConcurrencyHelpers

/// How many people are in which room. Presence tells this of one room, and when it changes.
struct ChatRooms: Sendable {
    private static let fixed = ["lobby", "aviary", "swift", "quiet"]
    private let people = NIOLockedValueBox<[String: Int]>([:])

    func count(_ change: Presence<Profile>.Change) {
        self.people.withLockedValue { people in
            let count = people[change.room, default: 0]
            switch change.kind {
            case .entered: people[change.room] = count + 1
            case .left: people[change.room] = count > 1 ? count - 1 : nil
            case .updated: break
            }
        }
    }

    /// Why a room takes nobody else; nil if it does. Those who ask on other event loops at the same moment get the same
    /// answer, so there may be as many more as there are loops.
    func refusal(of room: String) -> String? {
        self.people.withLockedValue { people in
            guard people[room, default: 0] < Limits.peopleInARoom else { return "The room is full" }
            guard people[room] != nil || Self.fixed.contains(room) || people.count < Limits.rooms else {
                return "There are too many rooms"
            }
            return nil
        }
    }

    /// The fixed rooms, then the fullest of the others.
    var summary: [RoomSummary] {
        let people = self.people.withLockedValue { $0 }
        let others = people.filter { !Self.fixed.contains($0.key) }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .prefix(Limits.roomsListed)
        return (Self.fixed + others.map(\.key)).map { RoomSummary(name: $0, people: people[$0] ?? 0) }
    }
}
