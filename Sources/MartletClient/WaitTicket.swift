// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Connects a waiting task with what it waits for, so that the wait can be cancelled.
///
/// `@unchecked Sendable`: used on the manager's event loop only.
final class WaitTicket: @unchecked Sendable {
    var isCancelled = false
    /// The id of the acknowledgement that is awaited.
    var id: Int?
}
