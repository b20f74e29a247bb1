// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension Socket {
    /// Handles a declared event.
    @inlinable
    public func on<each Argument: Codable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) {
        self.add(.sync(ofSocket: handler), event.name)
    }

    /// Handles a declared event and acknowledges it with what the handler returns.
    @inlinable
    public func on<each Argument: Codable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) {
        self.add(.sync(ofSocket: handler), event.name)
    }

    /// Handles a declared event asynchronously.
    @inlinable
    public func on<each Argument: Codable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) {
        self.add(.async(ofSocket: handler), event.name)
    }

    /// Handles a declared event asynchronously and acknowledges it with what the handler returns.
    @inlinable
    public func on<each Argument: Codable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) {
        self.add(.async(ofSocket: handler), event.name)
    }

    /// Handles the next event of this declaration only.
    @inlinable
    public func once<each Argument: Codable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) {
        self.add(.sync(ofSocket: handler).once(), event.name)
    }

    /// Handles the next event of this declaration only, asynchronously.
    @inlinable
    public func once<each Argument: Codable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) {
        self.add(.async(ofSocket: handler).once(), event.name)
    }

    /// Sends a declared event.
    @inlinable
    public func emit<each Argument: Codable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        self.emit(event.name, repeat each arguments)
    }

    /// Sends a declared event and waits for the client's answer.
    @inlinable
    public func emitWithAck<each Argument: Codable & Sendable, Reply: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration = .seconds(10),
        as type: Reply.Type = Reply.self
    ) async throws -> Reply {
        try await self.emitWithAck(event.name, repeat each arguments, timeout: timeout, as: type)
    }

    /// Forgets the handlers of a declared event.
    public func off<each Argument>(_ event: Event<repeat each Argument>) {
        self.off(event.name)
    }
}
