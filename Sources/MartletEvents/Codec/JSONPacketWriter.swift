// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

/// Writes packets as texts with JSON in them, and keeps their attachments.
final class JSONPacketWriter: PacketWriter {
    private let coder: any ArgumentCoder
    // Unchecked: see LoopContext. Only a value that encodes itself runs code of others meanwhile, which finds the loop's
    // writer taken.
    @exclusivity(unchecked) private var state = State()

    private struct State {
        /// Memory that is used again when the packet is sent. The packet is whole, once begun and as long as it has no
        /// attachments: what is appended goes before the bracket at the end.
        var text = ByteBuffer()
        var attachments: [ByteBuffer] = []
        /// The array's first element, which is written with the second, in one step as a rule.
        var name: String?
        /// The byte before the array, if it is written with that.
        var digit: UInt8?
        var isBegun = false
        var isFirst = true
        /// Whether text was relayed unchanged, which it must not be when the packet has attachments after all.
        var hasRelayedAsIs = false
        /// Where the JSON array begins.
        var start = 0
        /// What the first argument that could not be encoded threw.
        var error: (any Error)?
    }

    init(coder: any ArgumentCoder) {
        self.coder = coder
    }

    // With attachments the type becomes the binary one.
    func begin(_ type: SocketPacketType, of namespace: Namespace, ackID: Int?, _ name: String?) {
        self.beginArray(name)
        if ackID == nil, namespace.isRoot {
            self.state.digit = type.digit
            self.state.start = 1
        } else {
            SocketPacketWriter.writeHead(type: type, namespace: namespace.name, ackID: ackID, into: &self.state.text)
            self.state.start = self.state.text.writerIndex
        }
    }

    func beginQuestion(_ event: String) {
        // What stands before the array is not known yet.
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
        // Memory is kept for texts of the usual size.
        if self.state.text.capacity > Self.maxIdleCapacity { self.state.text = ByteBuffer() }
        if !self.state.attachments.isEmpty { self.state.attachments = [] }
        self.state.error = nil
    }

    /// Writes the beginning of the array.
    /// - Parameter arguments: the JSON of the first, or of several with commas between them; empty for none yet.
    private func writeArray(_ arguments: UnsafeRawBufferPointer = .init(start: nil, count: 0)) {
        self.state.isBegun = true
        SocketPacketWriter.writeArray(self.state.name, arguments, after: self.state.digit, into: &self.state.text)
    }

    func finish() throws -> EncodedPacket {
        if let error = self.state.error { throw error }
        if !self.state.isBegun { self.writeArray() }
        if !self.state.attachments.isEmpty, self.state.start > 0 {
            // Their number, which is known only now, stands before the payload.
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

    /// Copies what came in another packet. Its attachments get new numbers, those of other arguments it came with are
    /// sent as well: which are its own would have to be searched for.
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

    /// The packet has attachments after all: what was relayed before without any must not seem to refer to them.
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
