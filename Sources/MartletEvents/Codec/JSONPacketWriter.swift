// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

/// Writes packets as texts with JSON in them, and keeps their attachments.
final class JSONPacketWriter: PacketWriter {
    private let coder: any ArgumentCoder
    // `@exclusivity(unchecked)`: see LoopContext. Only a value that encodes itself runs code of others meanwhile, which
    // finds the loop's writer taken.
    /// Memory that is used again when the packet is sent. The packet is whole, once begun and as long as it has no
    /// attachments: what is appended goes before the bracket at the end.
    @exclusivity(unchecked) private var text = ByteBuffer()
    @exclusivity(unchecked) private var attachments: [ByteBuffer] = []
    /// The array's first element, which is written with the second, in one step as a rule.
    @exclusivity(unchecked) private var name: String?
    /// The byte before the array, if it is written with that.
    @exclusivity(unchecked) private var digit: UInt8?
    @exclusivity(unchecked) private var isBegun = false
    @exclusivity(unchecked) private var isFirst = true
    /// Whether text was relayed unchanged, which it must not be when the packet has attachments after all.
    @exclusivity(unchecked) private var hasRelayedAsIs = false
    /// Where the JSON array begins.
    @exclusivity(unchecked) private var start = 0
    /// What the first argument that could not be encoded threw.
    @exclusivity(unchecked) private var error: (any Error)?

    init(coder: any ArgumentCoder) {
        self.coder = coder
    }

    // With attachments the type becomes the binary one.
    func begin(_ type: SocketPacketType, of namespace: Namespace, ackID: Int?, _ name: String?) {
        self.beginArray(name)
        if ackID == nil, namespace.isRoot {
            self.digit = type.digit
            self.start = 1
        } else {
            SocketPacketWriter.writeHead(type: type, namespace: namespace.name, ackID: ackID, into: &self.text)
            self.start = self.text.writerIndex
        }
    }

    func beginQuestion(_ event: String) {
        // What stands before the array is not known yet.
        self.beginArray(event)
    }

    /// - Parameter name: the first element of the array, if any.
    private func beginArray(_ name: String?) {
        self.name = name
        self.digit = nil
        self.isBegun = false
        self.isFirst = name == nil
        self.hasRelayedAsIs = false
        self.start = 0
        self.text.rewind()
    }

    private static let maxIdleCapacity = 1 << 20

    func reset() {
        // Memory is kept for texts of the usual size.
        if self.text.capacity > Self.maxIdleCapacity { self.text = ByteBuffer() }
        if !self.attachments.isEmpty { self.attachments = [] }
        self.error = nil
    }

    /// Writes the beginning of the array.
    /// - Parameter arguments: the JSON of the first, or of several with commas between them; empty for none yet.
    private func writeArray(_ arguments: UnsafeRawBufferPointer = .init(start: nil, count: 0)) {
        self.isBegun = true
        SocketPacketWriter.writeArray(self.name, arguments, after: self.digit, into: &self.text)
    }

    func finish() throws -> EncodedPacket {
        if let error = self.error { throw error }
        if !self.isBegun { self.writeArray() }
        if !self.attachments.isEmpty, self.start > 0 {
            // Their number, which is known only now, stands before the payload.
            var text = ByteBuffer()
            SocketPacketWriter.addAttachments(self.attachments.count, to: self.text, into: &text)
            self.text = text
        }
        return EncodedPacket(message: self.text, isBinary: false, attachments: self.attachments)
    }

    func encode<Argument: Encodable>(_ argument: Argument) {
        guard self.error == nil else { return }
        if !self.isBegun { self.writeArray() }
        let end = self.text.writerIndex - 1
        self.text.moveWriterIndex(to: end)
        if !self.isFirst { self.text.writeByte(UInt8(ascii: ",")) }
        self.isFirst = false
        let isPlain = self.attachments.isEmpty
        do {
            try self.coder.encode(argument, into: &self.text, attachments: &self.attachments)
        } catch {
            self.error = error
        }
        self.text.writeByte(UInt8(ascii: "]"))
        if isPlain, !self.attachments.isEmpty { self.rewriteRelayed(until: end) }
    }

    func relay(_ arguments: RawArguments) {
        if arguments.isWritten(in: JSONFormat.self) {
            if !arguments.bytes.isEmpty { self.relay(arguments.bytes, arguments.attachments) }
            return
        }
        do {
            self.relay(try arguments.inJSON())
        } catch {
            if self.error == nil { self.error = error }
        }
    }

    /// Copies what came in another packet. Its attachments get new numbers, those of other arguments it came with are
    /// sent as well: which are its own would have to be searched for.
    @inline(__always)
    private func relay(_ json: [UInt8], _ attachments: [ByteBuffer]) {
        if attachments.isEmpty, self.attachments.isEmpty {
            json.withUnsafeBytes { json in
                if self.isBegun {
                    SocketPacketWriter.appendElement(json, isFirst: self.isFirst, into: &self.text)
                } else {
                    self.writeArray(json)
                }
            }
            self.hasRelayedAsIs = true
        } else {
            if !self.isBegun { self.writeArray() }
            if self.attachments.isEmpty { self.rewriteRelayed(until: self.text.writerIndex - 1) }
            var renumbered = ByteBuffer()
            SocketPacketWriter.rewritePlaceholders(
                ByteBuffer(bytes: json),
                attachmentCount: attachments.count,
                offset: self.attachments.count,
                into: &renumbered
            )
            SocketPacketWriter.appendElement(renumbered, isFirst: self.isFirst, into: &self.text)
            self.attachments += attachments
        }
        self.isFirst = false
    }

    /// The packet has attachments after all: what was relayed before without any must not seem to refer to them.
    private func rewriteRelayed(until end: Int) {
        guard self.hasRelayedAsIs,
            let relayed = self.text.getSlice(at: self.start, length: end - self.start),
            let rest = self.text.getSlice(at: end, length: self.text.writerIndex - end)
        else { return }
        self.text.moveWriterIndex(to: self.start)
        SocketPacketWriter.rewritePlaceholders(relayed, attachmentCount: 0, offset: 0, into: &self.text)
        self.text.writeImmutableBuffer(rest)
    }
}
