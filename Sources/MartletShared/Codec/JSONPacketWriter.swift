// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import NIOCore
internal import SocketIOWire

/// Writes packets as texts with JSON in them, and collects their attachments.
final class JSONPacketWriter: PacketWriter {
    private let coder: any ArgumentCoder
    // Unchecked: see LoopContext. Only a value's own `encode(to:)` can run other code meanwhile, and that code finds
    // the loop's writer taken.
    @exclusivity(unchecked) private var state = State()

    private struct State {
        /// The text, in memory that is reused once the packet is sent. A text that is begun always ends with the
        /// bracket of the array, so without attachments it is a whole packet: further arguments go before the bracket.
        var text = ByteBuffer()
        var attachments: [ByteBuffer] = []
        /// The array's first element. It is usually written together with the second, in one step.
        var name: String?
        /// The byte before the array, if it is written together with the array.
        var digit: UInt8?
        var isBegun = false
        var isFirst = true
        /// Whether arguments were relayed unchanged. If the packet gets attachments after all, these arguments must be
        /// rewritten.
        var hasRelayedAsIs = false
        /// Where the JSON array begins.
        var start = 0
        /// The error of the first argument that could not be encoded.
        var error: (any Error)?
    }

    init(coder: any ArgumentCoder) {
        self.coder = coder
    }

    // If the packet has attachments, `finish()` changes the type to the binary one.
    func begin(_ type: SocketPacketType, of namespace: String, ackID: Int?, _ name: String?) {
        self.beginArray(name)
        if ackID == nil, namespace.utf8.count == 1 {
            self.state.digit = type.digit
            self.state.start = 1
        } else {
            SocketPacketWriter.writeHead(type: type, namespace: namespace, ackID: ackID, into: &self.state.text)
            self.state.start = self.state.text.writerIndex
        }
    }

    func beginQuestion(_ event: String) {
        // The head before the array is not known yet.
        self.beginArray(event)
    }

    /// - Parameter name: the first element of the array, if any.
    private func beginArray(_ name: String?) {
        self.state.name = name
        self.state.digit = nil
        self.state.isBegun = false
        self.state.isFirst = name == nil
        self.state.hasRelayedAsIs = false
        self.state.start = 0
        self.state.text.rewind()
    }

    private static let maxIdleCapacity = 1 << 20

    func reset() {
        // Only memory for texts of the usual size is kept.
        if self.state.text.capacity > Self.maxIdleCapacity { self.state.text = ByteBuffer() }
        if !self.state.attachments.isEmpty { self.state.attachments = [] }
        self.state.error = nil
    }

    /// Writes the beginning of the array.
    /// - Parameter arguments: the JSON of the first argument, or of several with commas between them; empty for none
    ///   yet.
    private func writeArray(_ arguments: UnsafeRawBufferPointer = .init(start: nil, count: 0)) {
        self.state.isBegun = true
        SocketPacketWriter.writeArray(self.state.name, arguments, after: self.state.digit, into: &self.state.text)
    }

    func finish() throws -> EncodedPacket {
        if let error = self.state.error { throw error }
        if !self.state.isBegun { self.writeArray() }
        if !self.state.attachments.isEmpty, self.state.start > 0 {
            // The number of attachments, which is known only now, stands before the payload.
            var text = ByteBuffer()
            SocketPacketWriter.addAttachments(self.state.attachments.count, to: self.state.text, into: &text)
            self.state.text = text
        }
        return EncodedPacket(message: self.state.text, isBinary: false, attachments: self.state.attachments)
    }

    func encode<Argument: Encodable>(_ argument: Argument) {
        guard self.state.error == nil else { return }
        if !self.state.isBegun { self.writeArray() }
        let end = self.state.text.writerIndex - 1
        self.state.text.moveWriterIndex(to: end)
        if !self.state.isFirst { self.state.text.writeByte(UInt8(ascii: ",")) }
        self.state.isFirst = false
        let isPlain = self.state.attachments.isEmpty
        do {
            try self.coder.encode(argument, into: &self.state.text, attachments: &self.state.attachments)
        } catch {
            self.state.error = error
        }
        self.state.text.writeByte(UInt8(ascii: "]"))
        if isPlain, !self.state.attachments.isEmpty { self.rewriteRelayed(until: end) }
    }

    func relay(_ arguments: RawArguments) {
        if arguments.isWritten(in: JSONFormat.self) {
            if !arguments.bytes.isEmpty { self.relay(arguments.bytes, arguments.attachments) }
            return
        }
        do {
            self.relay(try arguments.inJSON())
        } catch {
            if self.state.error == nil { self.state.error = error }
        }
    }

    /// Copies arguments of another packet. All attachments of that packet get new numbers and are sent, even those of
    /// other arguments: only a search would tell which attachments the copied arguments use.
    @inline(__always)
    private func relay(_ json: [UInt8], _ attachments: [ByteBuffer]) {
        if attachments.isEmpty, self.state.attachments.isEmpty {
            json.withUnsafeBytes { json in
                if self.state.isBegun {
                    SocketPacketWriter.appendElement(json, isFirst: self.state.isFirst, into: &self.state.text)
                } else {
                    self.writeArray(json)
                }
            }
            self.state.hasRelayedAsIs = true
        } else {
            if !self.state.isBegun { self.writeArray() }
            if self.state.attachments.isEmpty { self.rewriteRelayed(until: self.state.text.writerIndex - 1) }
            var renumbered = ByteBuffer()
            SocketPacketWriter.rewritePlaceholders(
                ByteBuffer(bytes: json),
                attachmentCount: attachments.count,
                offset: self.state.attachments.count,
                into: &renumbered
            )
            SocketPacketWriter.appendElement(renumbered, isFirst: self.state.isFirst, into: &self.state.text)
            self.state.attachments += attachments
        }
        self.state.isFirst = false
    }

    /// Called when the packet gets its first attachments: arguments that were relayed before, without attachments, must
    /// not seem to refer to them.
    private func rewriteRelayed(until end: Int) {
        guard self.state.hasRelayedAsIs,
            let relayed = self.state.text.getSlice(at: self.state.start, length: end - self.state.start),
            let rest = self.state.text.getSlice(at: end, length: self.state.text.writerIndex - end)
        else { return }
        self.state.text.moveWriterIndex(to: self.state.start)
        SocketPacketWriter.rewritePlaceholders(relayed, attachmentCount: 0, offset: 0, into: &self.state.text)
        self.state.text.writeImmutableBuffer(rest)
    }
}
