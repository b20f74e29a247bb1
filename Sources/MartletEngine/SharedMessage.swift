// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A message to many sessions of one event loop, encoded once a turn for each wire format.
///
/// Not `Sendable`: a broadcast makes one instance on each event loop that it reaches, around the same payload.
package final class SharedMessage: Flushable {
    /// The name of a wire format. The type that writes the format is a part of the name, so two writers cannot use the
    /// same name.
    package struct Form: Equatable {
        private let writer: ObjectIdentifier
        private let variant: Int

        /// - Parameters:
        ///   - writer: the type that writes the format.
        ///   - variant: which of the writer's formats.
        package init(of writer: Any.Type, variant: Int = 0) {
            self.writer = ObjectIdentifier(writer)
            self.variant = variant
        }
    }

    /// The message as its sender gave it: a text without the packet type digit, or bytes.
    package let payload: ByteBuffer
    package let isBinary: Bool
    /// Whether a transport may compress the message.
    package let compresses: Bool
    private let context: LoopContext
    /// The encodings of this turn. Seldom more than two: one for each transport that the loop's sessions use.
    private var encodings: [(form: Form, bytes: ByteBuffer)] = []

    /// - Parameter context: the context of the event loop on which the message is sent.
    package init(payload: ByteBuffer, isBinary: Bool, compresses: Bool = true, on context: LoopContext) {
        self.payload = payload
        self.isBinary = isBinary
        self.compresses = compresses
        self.context = context
    }

    convenience init(_ packet: EngineIOConfiguration.InitialPacket, on context: LoopContext) {
        switch packet {
        case .text(let text): self.init(payload: ByteBuffer(string: text), isBinary: false, on: context)
        case .binary(let bytes): self.init(payload: bytes, isBinary: true, on: context)
        }
    }

    /// The message in one wire format. The memory of the bytes is used again after this turn of the event loop: a
    /// caller that keeps them longer must copy them.
    /// - Parameter encode: appends the message to an empty buffer; called for the first caller in this turn only.
    package func encoded<Failure: Error>(
        as form: Form,
        _ encode: (_ message: SharedMessage, _ buffer: inout ByteBuffer) throws(Failure) -> Void
    ) throws(Failure) -> ByteBuffer {
        for encoding in self.encodings where encoding.form == form { return encoding.bytes }
        var bytes = self.context.takeBuffer()
        try encode(self, &bytes)
        if self.encodings.isEmpty { self.context.setNeedsFlush(self) }
        self.encodings.append((form, bytes))
        return bytes
    }

    /// The turn is over: drops the encodings. A receiver that is behind may keep the message for long, and needs only
    /// the payload.
    package func flush() {
        for encoding in self.encodings { self.context.recycle(encoding.bytes) }
        self.encodings.removeAll()
    }
}
