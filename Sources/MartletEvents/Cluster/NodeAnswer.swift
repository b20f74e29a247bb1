// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What one server of a cluster answered to ``BroadcastSource/serverSideEmitWithAck(_:_:timeout:as:)``.
public struct NodeAnswer<Reply: Decodable & Sendable>: Sendable {
    /// The id of the server: a new one each time that a server enters the cluster. A server of another kind does not say
    /// who it is, and is numbered.
    public let nodeID: String
    /// The value that a handler returned; or `AcknowledgementError.timedOut`, `AcknowledgementError.unhandled`, or
    /// an error that says why a handler has failed, or that its value is no `Reply`.
    public let result: Result<Reply, AcknowledgementError>
}
