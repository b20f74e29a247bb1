// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// An event: its name and the types of its arguments. When an event is declared once, the compiler checks it wherever
/// it is sent or handled:
///
/// ```swift
/// enum Chat {
///     static let said = Event<Message>("said")
/// }
///
/// socket.on(Chat.said) { message in … }
/// io.emit(Chat.said, message)
/// ```
///
/// A string literal is an event too; its argument types are those that it is sent with, or that its handler takes:
/// `socket.emit("said", message)`. A name that is known only at run time becomes an event by `Event(name)`.
public struct Event<each Argument: Sendable>: Sendable, ExpressibleByStringInterpolation {
    /// The name on the wire.
    public let name: String

    @inlinable
    public init(_ name: String) {
        self.name = name
    }

    @inlinable
    public init(stringLiteral name: String) {
        self.name = name
    }
}
