// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A request to move a lossless session to the transport that makes it (Protocol.md, section 4).
package struct AttachRequest: Equatable, Sendable {
    /// The session to move; `nil` when the client's id cannot be a session's.
    package let id: SessionID?
    package let transport: TransportName
    /// The number of this attempt, 1, 2, 3…, in the order of the client's attempts.
    package let number: Int
    /// How many messages the client has received.
    package let acknowledged: Int

    package init(id: SessionID?, transport: TransportName, number: Int, acknowledged: Int) {
        self.id = id
        self.transport = transport
        self.number = number
        self.acknowledged = acknowledged
    }
}
