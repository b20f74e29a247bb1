// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// An entry of the journal, as it reaches the sockets of a namespace.
struct JournalDelivery: Sendable {
    let offset: JournalOffset
    /// A packet has its offset.
    let action: RecordedOperation.Body
}

extension PacketCodec {
    /// Reads an entry of the journal.
    /// - Parameter isOwn: whether this server has appended it, so that it need not be checked.
    func delivery(
        of operation: ClusterOperation,
        at offset: JournalOffset,
        in namespace: String,
        isOwn: Bool
    ) throws -> JournalDelivery {
        switch operation {
        case .broadcast(let packet, let target):
            guard isOwn || self.wrote(packet, of: namespace),
                var numbered = self.appending(offset.description, to: packet, of: namespace)
            else { throw ClusterMessageError.invalidPacket }
            numbered.offset = offset.description
            return JournalDelivery(offset: offset, action: .broadcast(numbered, target))
        case .perform(let operation, let target):
            return JournalDelivery(offset: offset, action: .perform(operation, target))
        default: throw ClusterMessageError.unknown
        }
    }
}
