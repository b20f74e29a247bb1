// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The names under which rooms are stored.
///
/// A room of the application is stored under its own name, and the room of a user under a name that begins with a NUL
/// and `u`. A name of the application that begins with a NUL gets one more in front, so no name that the application
/// uses, or lets a client choose, is that of a user's room.
enum RoomName {
    private static let mark: UInt8 = 0

    /// The stored name of an application's room.
    @inline(__always)
    static func stored(_ name: String) -> String {
        name.utf8.first == self.mark ? "\0" + name : name
    }

    @inline(__always)
    static func stored(_ names: [String]) -> [String] {
        names.contains { $0.utf8.first == self.mark } ? names.map(self.stored) : names
    }

    static func user(_ id: String) -> String { "\0u" + id }

    /// The application's name of a room; nil for the room of a user.
    static func application(_ stored: String) -> String? {
        guard stored.utf8.first == self.mark else { return stored }
        let rest = stored.unicodeScalars.dropFirst()
        return rest.first == "\0" ? String(rest) : nil
    }
}
