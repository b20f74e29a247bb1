// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Writes single values, each in its shortest form, and the heads of longer ones, to memory that has room for
/// ``maxSize`` bytes. All functions return the number of bytes.
enum MessagePackOutput {
    typealias Memory = UnsafeMutableRawPointer

    /// The size that any head and any number fit.
    static let maxSize = 9

    static func write(byte: UInt8, to memory: Memory) -> Int {
        memory.storeBytes(of: byte, as: UInt8.self)
        return 1
    }

    static func writeNil(to memory: Memory) -> Int { self.write(byte: 0xC0, to: memory) }

    static func write(bool: Bool, to memory: Memory) -> Int { self.write(byte: bool ? 0xC3 : 0xC2, to: memory) }

    @inline(__always)
    static func write<Integer: FixedWidthInteger>(integer: Integer, to memory: Memory) -> Int {
        integer < 0
            ? self.write(negative: Int64(truncatingIfNeeded: integer), to: memory)
            : self.write(unsigned: UInt64(truncatingIfNeeded: integer), to: memory)
    }

    private static func write(unsigned integer: UInt64, to memory: Memory) -> Int {
        switch integer {
        case 0...0x7F: self.write(byte: UInt8(integer), to: memory)
        case 0...0xFF: self.write(0xCC, UInt8(integer), to: memory)
        case 0...0xFFFF: self.write(0xCD, UInt16(integer), to: memory)
        case 0...0xFFFF_FFFF: self.write(0xCE, UInt32(integer), to: memory)
        default: self.write(0xCF, integer, to: memory)
        }
    }

    private static func write(negative integer: Int64, to memory: Memory) -> Int {
        if integer >= -0x20 { return self.write(byte: UInt8(truncatingIfNeeded: integer), to: memory) }
        if let small = Int8(exactly: integer) { return self.write(0xD0, small, to: memory) }
        if let small = Int16(exactly: integer) { return self.write(0xD1, small, to: memory) }
        if let small = Int32(exactly: integer) { return self.write(0xD2, small, to: memory) }
        return self.write(0xD3, integer, to: memory)
    }

    static func write(float: Float, to memory: Memory) -> Int { self.write(0xCA, float.bitPattern, to: memory) }

    static func write(float: Double, to memory: Memory) -> Int { self.write(0xCB, float.bitPattern, to: memory) }

    static func writeHead(ofString length: Int, to memory: Memory) -> Int {
        switch length {
        case 0...0x1F: self.write(byte: 0xA0 | UInt8(length), to: memory)
        case 0...0xFF: self.write(0xD9, UInt8(length), to: memory)
        default: self.writeHead(0xDA, length, to: memory)
        }
    }

    static func writeHead(ofBinary length: Int, to memory: Memory) -> Int {
        length <= 0xFF ? self.write(0xC4, UInt8(length), to: memory) : self.writeHead(0xC5, length, to: memory)
    }

    static func writeHead(ofArray count: Int, to memory: Memory) -> Int {
        count <= 0x0F ? self.write(byte: 0x90 | UInt8(count), to: memory) : self.writeHead(0xDC, count, to: memory)
    }

    static func writeHead(ofMap count: Int, to memory: Memory) -> Int {
        count <= 0x0F ? self.write(byte: 0x80 | UInt8(count), to: memory) : self.writeHead(0xDE, count, to: memory)
    }

    /// Writes a size in 16 bits after `format`, or in 32 bits after the format that follows it. No size is larger: a
    /// ByteBuffer holds less than 2^32 bytes.
    private static func writeHead(_ format: UInt8, _ size: Int, to memory: Memory) -> Int {
        size <= 0xFFFF
            ? self.write(format, UInt16(size), to: memory)
            : self.write(format + 1, UInt32(truncatingIfNeeded: size), to: memory)
    }

    @inline(__always)
    private static func write<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ format: UInt8, _ integer: Integer, to memory: Memory
    ) -> Int {
        memory.storeBytes(of: format, as: UInt8.self)
        memory.storeBytes(of: integer.bigEndian, toByteOffset: 1, as: Integer.self)
        return 1 + MemoryLayout<Integer>.size
    }
}

extension ByteBuffer {
    /// Appends what `body` writes with the functions of ``MessagePackOutput``.
    @inline(__always)
    mutating func writeMessagePack(_ body: (UnsafeMutableRawPointer) -> Int) {
        self.writeWithUnsafeMutableBytes(minimumWritableBytes: MessagePackOutput.maxSize) { space in
            space.baseAddress.map(body) ?? 0
        }
    }

    mutating func writeMessagePack(string: String) {
        self.writeMessagePack { MessagePackOutput.writeHead(ofString: string.utf8.count, to: $0) }
        self.writeString(string)
    }
}
