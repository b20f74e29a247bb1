// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import Logging

/// Says at the level debug when sessions and their sockets begin and end. It is never asked while messages come and go.
package struct SessionLog: Sendable {
    private let logger: Logger

    package init(_ logger: Logger = Logger(label: "martlet")) {
        self.logger = logger
    }

    func opened(_ session: Session) {
        self.logger.debug("session opened", metadata: session.logMetadata)
    }

    func closed(_ session: Session, _ reason: DisconnectReason) {
        self.logger.debug("session closed", metadata: session.logMetadata.merging(reason.logMetadata) { $1 })
    }

    package func joined(_ socket: String, _ namespace: String, of session: Session) {
        self.logger.debug("socket joined", metadata: session.logMetadata(of: socket, namespace))
    }

    package func left(_ socket: String, _ namespace: String, of session: Session, _ reason: DisconnectReason) {
        self.logger.debug(
            "socket left",
            metadata: session.logMetadata(of: socket, namespace).merging(reason.logMetadata) { $1 }
        )
    }
}

extension Session {
    /// The id is secret, so the log has only its beginning, which tells sessions apart.
    fileprivate var logMetadata: Logger.Metadata {
        ["session": "\(self.id.description.prefix(6))", "transport": "\(self.transport.name)"]
    }

    fileprivate func logMetadata(of socket: String, _ namespace: String) -> Logger.Metadata {
        self.logMetadata.merging(["socket": "\(socket)", "namespace": "\(namespace)"]) { $1 }
    }
}

extension DisconnectReason {
    fileprivate var logMetadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["reason": "\(self.rawValue)"]
        if let details = self.details { metadata["details"] = "\(details)" }
        return metadata
    }
}
