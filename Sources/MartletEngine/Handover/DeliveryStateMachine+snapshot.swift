// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension MessageLog {
    /// All messages; see ``DeliverySnapshot/messages``.
    func packed() -> ByteBuffer {
        var packed = ByteBuffer()
        packed.reserveCapacity(self.byteCount + 4 * self.count)
        self.visit { payload, isBinary in
            packed.writeInteger(UInt32(truncatingIfNeeded: payload.readableBytes) << 1 | (isBinary ? 1 : 0))
            packed.writeImmutableBuffer(payload)
        }
        return packed
    }

    /// All messages wait.
    init(unpacking packed: ByteBuffer) throws(InvalidSnapshot) {
        self.init()
        var packed = packed
        while packed.readableBytes > 0 {
            guard let word = packed.readInteger(as: UInt32.self), let payload = packed.readSlice(length: Int(word >> 1))
            else { throw .messages }
            let isBinary = word & 1 == 1
            guard isBinary || payload.isValidUTF8 else { throw .messages }
            self.append(isBinary ? .binary(payload) : .text(payload))
        }
    }
}

extension DeliveryStateMachine {
    func snapshot() -> DeliverySnapshot {
        DeliverySnapshot(
            received: self.receivedCount,
            forgotten: self.forgottenCount,
            acknowledged: self.acknowledgedCount,
            sent: self.sentCount,
            attach: self.attachNumber,
            messages: self.log.packed()
        )
    }

    /// The largest count that travels (Protocol.md, section 4).
    private static let maxCount = 9_007_199_254_740_991

    /// - Parameters:
    ///   - buffer: as in ``init(buffer:)``.
    ///   - snapshot: comes from outside.
    init(buffer: Int, restoring snapshot: DeliverySnapshot) throws(InvalidSnapshot) {
        let log = try MessageLog(unpacking: snapshot.messages)
        let counts = 0...Self.maxCount
        guard counts.contains(snapshot.received), counts.contains(snapshot.forgotten),
            counts.contains(snapshot.acknowledged), counts.contains(snapshot.sent), counts.contains(snapshot.attach),
            snapshot.forgotten <= snapshot.acknowledged, snapshot.acknowledged <= snapshot.sent,
            snapshot.sent <= snapshot.forgotten + log.count
        else { throw .counts }
        self.init(
            buffer: buffer,
            log: log,
            forgotten: snapshot.forgotten,
            acknowledged: snapshot.acknowledged,
            sent: snapshot.sent,
            attach: snapshot.attach,
            received: snapshot.received
        )
    }
}

extension ByteBuffer {
    /// Whether the bytes are valid UTF-8. Copies them, so it is for messages that are checked once.
    var isValidUTF8: Bool {
        // What is not valid is replaced on the way into a string.
        var text = String(buffer: self)
        return text.withUTF8 { text in
            self.withUnsafeReadableBytes { $0.elementsEqual(UnsafeRawBufferPointer(text)) }
        }
    }
}
