// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import NIOCore

@testable import ClientAnswerWire

/// What servers send to the Swift client before, or instead of, frames: event streams, and heads of answers.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    switch input.takeOptions() & 3 {
    case 0: checkEvents(input)
    case 1: checkHead(input)
    case 2: checkAddress(String(decoding: input.bytes, as: UTF8.self))
    default: checkReason(String(decoding: input.bytes, as: UTF8.self))
    }
    return 0
}

// MARK: Event streams

/// The events of a stream, and whether one was too large.
func events(_ pieces: [[UInt8]], limit: Int) -> (events: [[UInt8]], isTooLarge: Bool) {
    var parser = EventStreamParser(maxEventBytes: limit)
    var events: [[UInt8]] = []
    do throws(ClientError) {
        for piece in pieces {
            parser.feed(ByteBuffer(bytes: piece))
            while let data = try parser.next() { events.append(Array(data.readableBytesView)) }
        }
    } catch {
        return (events, true)
    }
    return (events, false)
}

/// The same by the letter of HTML, 9.2.6.
func expectedEvents(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = [[]]
    var rest = bytes[...]
    while let byte = rest.popFirst() {
        switch byte {
        case 0x0d:
            if rest.first == 0x0a { rest.removeFirst() }
            lines.append([])
        case 0x0a: lines.append([])
        default: lines[lines.count - 1].append(byte)
        }
    }
    // The last line has no end.
    lines.removeLast()
    if lines.first?.starts(with: [0xef, 0xbb, 0xbf]) == true { lines[0].removeFirst(3) }
    var events: [[UInt8]] = []
    var data: [UInt8] = []
    for line in lines {
        let parts = line.split(separator: 0x3a, maxSplits: 1, omittingEmptySubsequences: false)
        if line.isEmpty {
            if !data.isEmpty { events.append(data.dropLast()) }
            data = []
        } else if Array(parts[0]) == Array("data".utf8) {
            let value = parts.count > 1 ? parts[1] : []
            data += (value.first == 0x20 ? value.dropFirst() : value) + [0x0a]
        }
    }
    return events
}

func checkEvents(_ input: FuzzInput) {
    let expected = expectedEvents(input.bytes)
    for pieces in [[input.bytes]] + input.splits {
        let found = events(pieces, limit: .max)
        check(!found.isTooLarge && found.events == expected, "\(found), not \(expected)")
        let bounded = events(pieces, limit: 50)
        check(bounded.events.allSatisfy { $0.count <= 50 }, "an event is too large: \(bounded)")
        check(bounded.isTooLarge || bounded.events == expected, "\(bounded), not \(expected)")
    }
}

// MARK: Heads

/// The first head of the pieces, and what comes after it; nil: it is incomplete, or none.
func head(_ pieces: [[UInt8]]) -> (text: String, rest: [UInt8])? {
    var buffer = ByteBuffer()
    var left = pieces[...]
    do throws(ClientError) {
        while let piece = left.popFirst() {
            buffer.writeBytes(piece)
            guard let head = try HTTPAnswerHead.read(&buffer) else { continue }
            checkFields(head)
            return ("\(head)", Array(buffer.readableBytesView) + left.joined())
        }
    } catch {
        return ("\(error)", [])
    }
    return nil
}

/// What comes from a server goes back to it in later requests, and nothing may end a line there.
func checkFields(_ head: HTTPAnswerHead) {
    check((100...999).contains(head.status), "the status \(head.status)")
    let cookies = CookieJar()
    for (name, value) in head.fields {
        check(!name.isEmpty && (name + value).utf8.allSatisfy { ![0, 0x0a, 0x0d].contains($0) }, "\(name): \(value)")
        cookies.set(value)
    }
    if let field = cookies.field { check(field.utf8.allSatisfy { ![0, 0x0a, 0x0d].contains($0) }, field) }
}

func checkHead(_ input: FuzzInput) {
    let whole = head([input.bytes])
    for pieces in input.splits {
        let split = head(pieces)
        check(split?.text == whole?.text, "\(String(describing: whole)), \(String(describing: split))")
        check(split?.rest == whole?.rest, "\(String(describing: whole)), \(String(describing: split))")
    }
}

// MARK: Addresses, and why a request was refused

func checkAddress(_ text: String) {
    guard let address = try? ServerAddress(text) else { return }
    check((1...65535).contains(address.port) && !address.host.isEmpty, "\(address)")
    for part in [address.hostField, address.path, address.query, address.namespace] {
        check(part.utf8.allSatisfy { 0x21...0x7e ~= $0 }, "\(text) has the part \(part)")
    }
    let again = must("\(address)") { try ServerAddress("\(address)\(address.namespace)?\(address.query)") }
    check(again == address, "\(text): \(again), not \(address)")
}

func checkReason(_ body: String) {
    for status in [200, 301, 400, 403, 413, 429, 503] {
        let error = ClientError.answer(status: status, body: body, path: "/socket.io/")
        check(!error.message.isEmpty && error.status == status, "\(error)")
    }
}
