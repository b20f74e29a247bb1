// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
package import NIOCore

/// The messages that the application sends.
extension ClientSession {
    /// Queues a message, and the binary messages that belong to it: all of them or none.
    /// - Returns: the message's number, which grows with each; `nil`: nothing was taken, since the session is not open,
    ///   or more is kept already than ``ClientSessionConfiguration/maxUnsentBytes``.
    @discardableResult
    package func send(text: ByteBuffer, attachments: [ByteBuffer] = []) -> Int? {
        guard let number = self.nextNumber else { return nil }
        self.delivery.append(.text(text))
        for attachment in attachments { self.delivery.append(.binary(attachment)) }
        if !attachments.isEmpty { self.runs.append(first: number, count: 1 + attachments.count) }
        self.flushSoon()
        return number
    }

    /// Queues a binary message by itself; see ``send(text:attachments:)``.
    @discardableResult
    package func send(binary: ByteBuffer) -> Int? {
        guard let number = self.nextNumber else { return nil }
        self.delivery.append(.binary(binary))
        self.flushSoon()
        return number
    }

    private var nextNumber: Int? {
        guard self.id != nil, !self.phase.isClosing, self.unsentBytes < self.configuration.maxUnsentBytes else {
            return nil
        }
        return self.delivery.keptCount + 1
    }

    /// What a message costs in memory besides its bytes.
    private static let messageOverhead = 32

    /// The bytes that are kept, since the server has not acknowledged them; they count towards
    /// ``ClientSessionConfiguration/maxUnsentBytes``.
    package var unsentBytes: Int {
        self.delivery.keptBytes + self.delivery.log.count * Self.messageOverhead
    }

    /// What was never handed over to a transport, after the end: it may go out on another session. A packet of which a
    /// part was handed over is not among it.
    package func recallUnsent() -> [ClientMessage] {
        var number = self.delivery.keptCount - self.delivery.log.count
        var messages: [ClientMessage] = []
        let sent = self.delivery.sentCount
        self.delivery.log.visit { payload, isBinary in
            number += 1
            guard number > sent else { return }
            switch self.runs.place(of: number) {
            case .none: messages.append(ClientMessage(number: number, payload: payload, isBinary: isBinary))
            case .some(let first) where first == number:
                messages.append(ClientMessage(number: number, payload: payload, isBinary: isBinary))
            case .some(let first):
                if messages.last?.number == first { messages[messages.count - 1].attachments.append(payload) }
            }
        }
        return messages
    }
}
