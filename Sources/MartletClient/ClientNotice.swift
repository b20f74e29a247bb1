// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletClientEngine
package import MartletEngine
package import MartletShared

/// What happens to a client, in the order in which it happens: for tools that show it.
package enum ClientNotice: Sendable {
    case state(ConnectionState)
    /// Another transport has come into use; nil: there is none for now, and one is looked for.
    case moved(TransportName?, isLossless: Bool)
    /// The connection has ended, or an attempt to open it.
    case ended(SessionEndReason)
    /// - Parameter isQuestion: whether the server has asked for an answer.
    case event(String, SocketArguments, isQuestion: Bool)
}

extension SocketIOClient {
    /// Calls a function with each notice, on the client's event loop. There is one such function, the last one set.
    package func watch(_ body: @escaping @Sendable (ClientNotice) -> Void) {
        self.manager.onLoop { self.manager.watcher = body }
    }
}
