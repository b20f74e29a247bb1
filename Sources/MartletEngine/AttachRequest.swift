// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A request to move a lossless session to the transport that makes it (Protocol.md, section 4).
package struct AttachRequest: Equatable, Sendable {
    /// The session; `nil` when what was named cannot be one.
    package let id: SessionID?
    package let transport: TransportName
    /// 1, 2, 3… in the order in which the client has tried.
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
