// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
package import NIOCore

/// What stands on top of a session, and writes down what it hears.
///
/// `@unchecked Sendable`: used on the thread of its test only.
package final class RecordingHandler: SessionHandler, @unchecked Sendable {
    package var log: [String] = []
    package var onText: (String) -> Void = { _ in }
    package var onClosed: () -> Void = {}

    package init() {}

    package func opened(_ session: Session) { self.log.append("opened") }

    package func receivedText(_ text: ByteBuffer) {
        self.log.append("text \(String(buffer: text))")
        self.onText(String(buffer: text))
    }

    package func receivedBinary(_ bytes: ByteBuffer) { self.log.append("binary \(Array(buffer: bytes))") }

    package func transportChanged(_ session: Session) { self.log.append("transport \(session.transport.name)") }

    package func closed(_ reason: DisconnectReason) {
        self.log.append("closed: \(reason)")
        self.onClosed()
    }

    /// What was noted since the last time.
    package func takeLog() -> [String] {
        defer { self.log = [] }
        return self.log
    }
}
