// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The state of a socket that its client may get back.
struct RecoverableSession: Sendable {
    /// The secret name with which the client comes back.
    let pid: String
    let id: String
    var rooms: Set<String>
    var storage: [String: any Sendable]
    /// Who opened the Engine.IO session: nobody else gets the state.
    var identity: String?
    /// See ``Socket/expires(at:)``.
    var expiry: Duration?
    var log: RecoveryLog

    func isAddressed(by target: BroadcastTarget) -> Bool {
        func isIn(_ room: String) -> Bool { room == self.id || self.rooms.contains(room) }
        return (target.rooms.isEmpty || target.rooms.contains(where: isIn)) && !target.except.contains(where: isIn)
    }
}

/// With what a client asks for its former state.
struct RecoveryClaim: Decodable {
    let pid: String
    /// The last event that the client has received; `nil` if it has received none.
    let offset: String?
}
