// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import NIOCore

/// Where a message comes to a server of a cluster; by the first letter of the message in an input.
enum Place: UInt8, CaseIterable {
    case operations = 0x6F  // o
    case answers = 0x61  // a
    case membership = 0x6D  // m
    case handover = 0x68  // h
    case sessions = 0x73  // s
    case sessionAnswers = 0x74  // t
    case recovery = 0x72  // r
    case presence = 0x70  // p
    case journal = 0x6A  // j
    case fences = 0x66  // f
}

/// What an input says: messages one after the other, so that one can refer to another. Each is the letter of its place and
/// its head in JSON, with the binary parts behind it; a capital letter: the bytes as they are, instead of a head.
struct Message {
    private static let messageEnd: UInt8 = 0xFF
    private static let partEnd: UInt8 = 0xFE
    private static let limit = 8

    let place: Place
    let bytes: ByteBuffer

    static func all(in input: [UInt8], node: String) -> [Message] {
        input.split(separator: Self.messageEnd).prefix(Self.limit).compactMap { Message(Array($0), node: node) }
    }

    private init?(_ input: [UInt8], node: String) {
        guard let letter = input.first, let place = Place(rawValue: letter | 0x20) else { return nil }
        self.place = place
        if letter & 0x20 == 0 {
            self.bytes = FuzzInput(Array(input.dropFirst())).slice
            return
        }
        var bytes = ByteBuffer(bytes: [0x4D, 1])
        let parts = input.dropFirst().split(separator: Self.partEnd, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            // The server's own id is another one each time.
            let part = index == 0 ? Self.replace(Array("$NODE".utf8), in: Array(part), by: node) : Array(part)
            bytes.writeInteger(UInt32(part.count))
            bytes.writeBytes(part)
        }
        self.bytes = bytes
    }

    private static func replace(_ name: [UInt8], in bytes: [UInt8], by value: String) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: name) {
                result += value.utf8
                index += name.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}

/// Serves some inputs, then another one takes its place: a server lives as long as the process, so its memory is not freed.
/// libFuzzer calls on one thread.
nonisolated(unsafe) private var current: (node: FuzzNode, inputs: Int)?
private let inputsPerNode = 5000

/// Whatever comes over the bus, and through the journal: the server works as before, and the messages before and after
/// arrive.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let node = current?.node ?? FuzzNode()
    let inputs = (current?.inputs ?? 0) + 1
    current = inputs < inputsPerNode ? (node, inputs) : nil
    node.begin()
    node.checkDelivery("before")
    for message in Message.all(in: FuzzInput(start, count).bytes, node: node.id) { node.deliver(message) }
    node.checkDelivery("after")
    node.checkService()
    if current == nil { node.end() }
    return 0
}
