// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The namespaces whose names a pattern or a function takes: see ``SocketIOServer/of(matching:)``.
///
/// A client that asks for such a name brings the namespace into being, with the middleware and the handlers of its
/// parent, before its own; it goes with its last socket. What is added here counts for sockets that join from then on,
/// in whichever child.
public final class ParentNamespace: Sendable {
    let core: ServerCore
    private let isTaken: @Sendable (_ name: String, _ auth: SocketArgument) -> Bool
    /// Holds what all children have; no socket joins it.
    private let template: Namespace

    init(core: ServerCore, _ isTaken: @escaping @Sendable (_ name: String, _ auth: SocketArgument) -> Bool) {
        self.core = core
        self.isTaken = isTaken
        self.template = Namespace(name: "", core: core, parent: nil)
    }

    var handlers: Namespace.Handlers { self.template.handlers }

    func takes(_ name: String, _ auth: SocketArgument) -> Bool { self.isTaken(name, auth) }

    /// The namespaces of this parent that have sockets.
    public var children: [Namespace] { self.core.namespaces.children(of: self) }

    /// Sends an event to everybody in all children.
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        for child in self.children { child.emit(event, repeat each arguments) }
    }
}

extension ParentNamespace: EventSource {
    /// Holds the handlers of all children; no socket joins it.
    public var eventNamespace: Namespace { self.template }
}
