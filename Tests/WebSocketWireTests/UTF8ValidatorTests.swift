// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

@Suite struct UTF8ValidatorTests {
    /// The verdict on `bytes` fed in pieces.
    private static func verdict(_ pieces: [ArraySlice<UInt8>]) -> Bool {
        var validator = UTF8Validator()
        for piece in pieces where !piece.withUnsafeBytes({ validator.accept($0) }) { return false }
        return validator.isComplete
    }

    /// How many bytes are taken before the first that is refused.
    private static func accepted(_ bytes: [UInt8]) -> Int {
        var validator = UTF8Validator()
        for (index, byte) in bytes.enumerated() where ![byte].withUnsafeBytes({ validator.accept($0) }) { return index }
        return bytes.count
    }

    static let valid = [
        "", "00", "7f", "c2 80", "df bf", "e0 a0 80", "ec 80 80", "ed 9f bf", "ee 80 80", "ef bf bf", "ef bf be",
        "ef b7 90", "f0 90 80 80", "f3 a0 80 80", "f4 8f bf bf", "ef bb bf 41", "ce ba e1 bd b9 cf 83 ce bc ce b5",
    ]

    @Test(arguments: valid)
    func validSequences(text: String) {
        let bytes = hex(text)
        for padding in [0, 1, 7, 31, 32, 33] {
            let padded = [UInt8](repeating: 65, count: padding) + bytes + [UInt8](repeating: 66, count: padding)
            #expect(padded.withUnsafeBytes { UTF8Validator.isValid($0) })
            for cut in 0...padded.count { #expect(Self.verdict([padded[..<cut], padded[cut...]])) }
        }
    }

    /// The sequence, and how many of its bytes could still have become something valid.
    static let invalid: [(String, Int)] = [
        ("80", 0), ("bf", 0), ("c0 80", 0), ("c1 bf", 0), ("f5 80 80 80", 0), ("f8 88 80 80 80", 0), ("fe", 0),
        ("ff", 0), ("c2 41", 1), ("c2 c2", 1), ("e0 80 80", 1), ("e0 9f bf", 1), ("e1 80 41", 2), ("e1 41", 1),
        ("ed a0 80", 1), ("ed bf bf", 1), ("ed a0 80 ed b0 80", 1), ("f0 80 80 80", 1), ("f0 8f bf bf", 1),
        ("f1 80 80 41", 3), ("f4 90 80 80", 1), ("f4 bf bf bf", 1), ("c2", 1), ("e1 80", 2), ("f1 80 80", 3),
    ]

    @Test(arguments: invalid)
    func invalidSequencesFailAtTheirFirstBadByte(text: String, taken: Int) {
        let bytes = hex(text)
        #expect(Self.accepted(bytes) == taken)
        for padding in [0, 1, 7, 31, 32, 33] {
            let padded = [UInt8](repeating: 65, count: padding) + bytes
            #expect(!padded.withUnsafeBytes { UTF8Validator.isValid($0) })
            for cut in 0...padded.count { #expect(!Self.verdict([padded[..<cut], padded[cut...]])) }
        }
    }

    @Test func everyPairAndEveryTripleOfInterestAgreesWithTheStandardLibrary() {
        func agree(_ bytes: [UInt8]) -> Bool {
            bytes.withUnsafeBytes { UTF8Validator.isValid($0) } == (String(validating: bytes, as: UTF8.self) != nil)
        }
        var disagreements: [[UInt8]] = []
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max where !agree([first, second]) { disagreements.append([first, second]) }
        }
        let edges: [UInt8] = [0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0]
        for first in UInt8(0xC0)...UInt8.max {
            for second in edges {
                for third in edges {
                    if !agree([first, second, third]) { disagreements.append([first, second, third]) }
                    for fourth in edges where !agree([first, second, third, fourth]) {
                        disagreements.append([first, second, third, fourth])
                    }
                }
            }
        }
        #expect(disagreements.isEmpty)
    }

    @Test(arguments: [3, 4, 5] as [UInt64])
    func randomBytesAgreeWithTheStandardLibrary(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            var bytes = Array(generator.text(Int.random(in: 0...60, using: &generator)).utf8)
            if Bool.random(using: &generator), !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let expected = String(validating: bytes, as: UTF8.self) != nil
            let cuts = [0, bytes.count / 3, bytes.count / 2, bytes.count]
            #expect(bytes.withUnsafeBytes { UTF8Validator.isValid($0) } == expected)
            #expect(Self.verdict(zip(cuts, cuts.dropFirst()).map { bytes[$0..<$1] }) == expected)
        }
    }

    @Test func bufferViews() {
        #expect(UTF8Validator.isValid(ByteBuffer(string: "😀").readableBytesView))
        #expect(!UTF8Validator.isValid(ByteBuffer(bytes: [0xC0]).readableBytesView))
        #expect(UTF8Validator.isValid(ByteBuffer().readableBytesView))
    }
}
