// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Makes values of the bytes that come from Redis, however they are cut.
///
/// A value is read as far as its bytes are there, and its parts are kept: each byte is looked at once.
/// - SeeAlso: https://redis.io/docs/latest/develop/reference/protocol-spec/
package struct RESPDecoder {
    private var bytes = ByteBuffer()
    /// The arrays and maps that the next value is in, the outermost first.
    private var open: [Aggregate] = []
    /// The string that has begun, and whose bytes are not all there.
    private var string: (type: StringType, length: Int)?
    /// How many of the bytes are known to have no end of a line in them.
    private var searched = 0
    /// What the value that has begun has taken so far of ``RESPLimits/value``.
    private var size = 0
    private let limits: RESPLimits

    package init(limits: RESPLimits = RESPLimits()) {
        self.limits = limits
    }

    /// How many bytes wait for those that belong to them.
    package var waitingBytes: Int { self.bytes.readableBytes }

    package mutating func append(_ bytes: ByteBuffer) {
        // The memory of what has been read stays with the values that were cut out of it.
        if self.bytes.readableBytes == 0 {
            self.bytes = bytes
        } else {
            self.bytes.writeImmutableBuffer(bytes)
        }
    }

    /// The next value, if it is there as a whole. After an error the decoder must not be used.
    package mutating func next() throws(RESPError) -> RESPValue? {
        while true {
            guard let read = try self.read() else { return nil }
            guard let value = try self.close(read) else { continue }
            self.size = 0
            return value
        }
    }

    /// What a line has brought.
    private enum Read {
        case value(RESPValue)
        /// An array or a map has begun.
        case opened
    }

    private mutating func read() throws(RESPError) -> Read? {
        if let (type, length) = self.string { return try self.readString(type, length) }
        guard let line = try self.readLine() else { return nil }
        try self.count(max(line.readableBytes, RESPLimits.elementSize))
        var text = line
        guard let type = text.readInteger(as: UInt8.self) else { throw .malformedLine }
        if let type = StringType(rawValue: type) {
            guard let length = try text.count(allowsNull: type == .bulk) else { return .value(.null) }
            try self.count(length)
            self.string = (type, length)
            return try self.readString(type, length)
        }
        if let type = AggregateType(rawValue: type) {
            guard let count = try text.count(allowsNull: type == .array) else { return .value(.null) }
            return try self.begin(type, count)
        }
        return .value(try text.scalar(type))
    }

    /// A line without its end.
    private mutating func readLine() throws(RESPError) -> ByteBuffer? {
        let view = self.bytes.readableBytesView
        let start = view.startIndex + self.searched
        guard let end = view[start...].firstIndex(of: UInt8(ascii: "\n")) else {
            self.searched = view.count
            if self.searched > self.limits.line { throw .lineTooLong }
            return nil
        }
        self.searched = 0
        let length = end - view.startIndex - 1
        guard length <= self.limits.line else { throw .lineTooLong }
        guard length > 0, view[end - 1] == UInt8(ascii: "\r"), let line = self.bytes.readSlice(length: length) else {
            throw .malformedLine
        }
        self.bytes.moveReaderIndex(forwardBy: 2)
        return line
    }

    private mutating func readString(_ type: StringType, _ length: Int) throws(RESPError) -> Read? {
        guard self.bytes.readableBytes >= length + 2 else { return nil }
        guard let string = self.bytes.readSlice(length: length),
            self.bytes.readInteger(as: UInt16.self) == 0x0D0A
        else { throw .malformedString }
        self.string = nil
        return .value(try type.value(string))
    }

    private mutating func begin(_ type: AggregateType, _ count: Int) throws(RESPError) -> Read {
        guard type != .push || self.open.isEmpty else { throw .nestedPush }
        let count = type.isOfPairs ? count * 2 : count
        guard count <= self.limits.value / RESPLimits.elementSize else { throw .valueTooLong }
        guard count > 0 else {
            return type == .attribute ? .opened : .value(type.value([]))
        }
        guard self.open.count < self.limits.depth else { throw .nestingTooDeep }
        self.open.append(Aggregate(type: type, count: count))
        return .opened
    }

    /// Puts a value into what it is in, and that into what it is in, if it is complete now.
    /// - Returns: the outermost value, if it is complete.
    private mutating func close(_ read: Read) throws(RESPError) -> RESPValue? {
        guard case .value(var value) = read else { return nil }
        while let last = self.open.indices.last {
            self.open[last].elements.append(value)
            guard self.open[last].isComplete else { return nil }
            let aggregate = self.open.removeLast()
            // Attributes tell about the value that follows them. They are asked for nowhere.
            guard aggregate.type != .attribute else { return nil }
            value = aggregate.type.value(aggregate.elements)
        }
        return value
    }

    private mutating func count(_ bytes: Int) throws(RESPError) {
        guard bytes <= self.limits.value - self.size else { throw .valueTooLong }
        self.size += bytes
    }
}
