// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// An event that is declared once, and checked by the compiler wherever it is sent or handled.
///
/// ```swift
/// enum Chat {
///     static let said = Event<Message>("said")
/// }
///
/// socket.on(Chat.said) { message in … }
/// io.emit(Chat.said, message)
/// ```
public struct Event<each Argument: Codable & Sendable>: Sendable {
    /// The name on the wire.
    public let name: String

    public init(_ name: String) {
        self.name = name
    }
}
