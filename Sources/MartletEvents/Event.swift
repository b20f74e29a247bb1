// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// An event, by its name and what its arguments are. Whoever declares it once has the compiler check it wherever it is
/// sent or handled:
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
/// A name that is written out is an event too, whose arguments are those that it is sent with, or that its handler
/// takes: `socket.emit("said", message)`. A name that is known at run time only becomes one by `Event(name)`.
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
