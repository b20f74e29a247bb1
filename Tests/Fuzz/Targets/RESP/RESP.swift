// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import NIOCore
import RESPWire

/// The values of the pieces, and the error after them.
func decode(_ pieces: [[UInt8]], _ limits: RESPLimits) -> (values: [RESPValue], error: RESPError?) {
    var decoder = RESPDecoder(limits: limits)
    var values: [RESPValue] = []
    do throws(RESPError) {
        for piece in pieces {
            decoder.append(ByteBuffer(bytes: piece))
            while let value = try decoder.next() { values.append(value) }
        }
    } catch {
        return (values, error)
    }
    return (values, nil)
}

/// Strings of a command come back as they were.
func checkCommand(_ bytes: [UInt8]) {
    let (head, tail) = (bytes.prefix(bytes.count / 2), bytes.dropFirst(bytes.count / 2))
    let command = RedisCommand("PUBLISH", .bytes(ByteBuffer(bytes: head)), .bytes(ByteBuffer(bytes: tail)))
    let strings = ["PUBLISH".utf8.map { $0 }, Array(head), Array(tail)]
    let again = decode([Array(command.bytes.readableBytesView)], RESPLimits())
    check(again.error == nil, "\(again)")
    check(again.values == [.array(strings.map { .bulk(ByteBuffer(bytes: $0)) })], "\(again)")
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let limits = input.takeOptions() & 1 == 0 ? RESPLimits() : RESPLimits(value: 200)
    let whole = decode([input.bytes], limits)
    // However the bytes are cut, the values are the same; NaN differs from itself.
    for pieces in input.splits {
        let split = decode(pieces, limits)
        check(split.error == whole.error, "\(whole), \(split)")
        check("\(split.values)" == "\(whole.values)", "\(whole), \(split)")
    }
    for value in whole.values { _ = (value.string, value.integer, value[key: "message"], value.hashValue) }
    checkCommand(input.bytes)
    return 0
}
