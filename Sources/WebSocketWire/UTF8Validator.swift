// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Checks UTF-8 as it arrives, in pieces cut anywhere (RFC 3629).
///
/// The validator refuses a text at the first byte that cannot continue the bytes before it: overlong forms, surrogates
/// and values above U+10FFFF are refused at their second byte, without waiting for the rest.
package struct UTF8Validator: Sendable {
    private var state = UTF8Automaton.complete

    package init() {}

    /// Whether the bytes accepted so far end with a whole character, as a text must.
    package var isComplete: Bool { state == UTF8Automaton.complete }

    /// Takes the next piece.
    /// - Returns: Whether the text so far can be valid. Do not use the validator after `false`.
    package mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let index = isComplete ? Self.endOfASCII(bytes, from: 0) : 0
        return index == bytes.count || acceptLetters(bytes, from: index)
    }

    /// Accepts the bytes from `start` on, where characters beyond ASCII may begin.
    private mutating func acceptLetters(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var index = start
        var state = self.state
        UTF8Automaton.transitions.withUnsafeBufferPointer { transitions in
            while index &+ 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                if word & 0x8080_8080_8080_8080 == 0, state == UTF8Automaton.complete {
                    index = Self.endOfASCII(bytes, from: index)
                    continue
                }
                for place in 0..<8 {
                    state = transitions[Int(truncatingIfNeeded: word &>> (8 &* place) & 0xFF)] &>> state
                }
                state &= UTF8Automaton.mask
                index &+= 8
            }
            while index < bytes.count {
                state = transitions[Int(bytes[index])] &>> state & UTF8Automaton.mask
                index &+= 1
            }
        }
        self.state = state
        return state != UTF8Automaton.invalid
    }

    /// Whether a complete text is valid.
    package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var validator = Self()
        return validator.accept(bytes) && validator.isComplete
    }

    /// Whether a complete text is valid.
    package static func isValid(_ bytes: ByteBufferView) -> Bool {
        bytes.withUnsafeBytes { isValid($0) }
    }

    /// Whether the eight bytes from an index on are ASCII.
    private static func isASCII(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    }

    /// The index of the first byte from `start` on that is not ASCII, or the end.
    private static func endOfASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        // Four words in each iteration. In text beyond ASCII the first word already ends the loop.
        while index &+ 32 <= bytes.count {
            let words = bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
            guard (words[0] | words[1] | words[2] | words[3]) & 0x8080_8080_8080_8080 == 0 else { break }
            index &+= 32
        }
        while index &+ 8 <= bytes.count, isASCII(bytes, at: index) { index &+= 8 }
        // Check the last bytes as one word that overlaps the bytes before, instead of one by one.
        if bytes.count &- index < 8, bytes.count >= 8, isASCII(bytes, at: bytes.count &- 8) { return bytes.count }
        while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
        return index
    }
}

/// The automaton of well-formed byte sequences (table 3-7 of the Unicode standard), in the form of Per Vognsen's
/// shift-based automata: a state is a shift count. Shifting a byte's entry of the table right by the state gives the
/// next state in the lowest six bits. One step is a load that does not depend on the state, and a shift.
private enum UTF8Automaton {
    static let mask: UInt64 = 63
    /// Stays invalid for every byte: the lowest bits of all entries are zero.
    static let invalid: UInt64 = 0
    /// Between characters.
    static let complete: UInt64 = 6

    // Within a character: how many bytes are still to come.
    private static let one: UInt64 = 12
    private static let two: UInt64 = 18
    private static let three: UInt64 = 24
    /// After E0: the next byte is at least A0, since shorter characters take two bytes.
    private static let twoFromA0: UInt64 = 30
    /// After ED: the next byte is at most 9F, since larger ones would make a surrogate.
    private static let twoTo9F: UInt64 = 36
    /// After F0: the next byte is at least 90, since shorter characters take three bytes.
    private static let threeFrom90: UInt64 = 42
    /// After F4: the next byte is at most 8F, since larger ones would be above U+10FFFF.
    private static let threeTo8F: UInt64 = 48

    static let transitions: [UInt64] = (UInt8.min...UInt8.max).map { byte in
        var entry: UInt64 = 0
        func go(from state: UInt64, to next: UInt64, on bytes: ClosedRange<UInt8>) {
            if bytes.contains(byte) { entry |= next << state }
        }
        go(from: complete, to: complete, on: 0x00...0x7F)
        go(from: complete, to: one, on: 0xC2...0xDF)
        go(from: complete, to: twoFromA0, on: 0xE0...0xE0)
        go(from: complete, to: two, on: 0xE1...0xEC)
        go(from: complete, to: twoTo9F, on: 0xED...0xED)
        go(from: complete, to: two, on: 0xEE...0xEF)
        go(from: complete, to: threeFrom90, on: 0xF0...0xF0)
        go(from: complete, to: three, on: 0xF1...0xF3)
        go(from: complete, to: threeTo8F, on: 0xF4...0xF4)
        go(from: one, to: complete, on: 0x80...0xBF)
        go(from: two, to: one, on: 0x80...0xBF)
        go(from: three, to: two, on: 0x80...0xBF)
        go(from: twoFromA0, to: one, on: 0xA0...0xBF)
        go(from: twoTo9F, to: one, on: 0x80...0x9F)
        go(from: threeFrom90, to: two, on: 0x90...0xBF)
        go(from: threeTo8F, to: two, on: 0x80...0x8F)
        return entry
    }
}
