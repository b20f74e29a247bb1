// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The side of a connection that this code plays.
package enum WebSocketRole: Sendable, Hashable {
    /// Requires masked frames and sends unmasked ones (RFC 6455, 5.1).
    case server
    /// Requires unmasked frames and sends masked ones.
    case client
}
