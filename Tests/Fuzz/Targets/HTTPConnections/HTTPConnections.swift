// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

/// libFuzzer calls on one thread.
nonisolated(unsafe) private let server = FuzzHTTPServer()

/// What clients send on a whole connection: requests, frames behind an upgrade, anything. However it is cut, the answers are
/// the same as far as they go, and once the client is gone and time has passed, nothing is left.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    // A lossless session acknowledges what came together by one packet.
    let isComparable = !input.bytes.contains("resume")
    let whole = answer(to: input) { [$0.bytes] }
    for index in input.splits.indices {
        let cut = answer(to: input) { $0.splits[index] }
        // What is no request closes the connection, and with it goes an answer that was due at the end of the turn.
        check(
            !isComparable || cut.starts(with: whole) || whole.starts(with: cut),
            "\(String(decoding: cut, as: UTF8.self))\ninstead of\n\(String(decoding: whole, as: UTF8.self))")
    }
    server.checkNothingIsLeft()
    return 0
}

private func answer(to input: FuzzInput, _ cut: (FuzzInput) -> [[UInt8]]) -> [UInt8] {
    let id = input.bytes.contains("$SID") ? server.openSession() : ""
    let request = FuzzInput(input.bytes.replacing("$SID", by: Array(id.utf8)))
    let answer = server.answer(to: cut(request))
    return Secrets.removed(from: answer)
}

/// What differs from answer to answer: the time, and the ids of sessions and sockets.
private enum Secrets {
    static func removed(from answer: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = answer[...]
        while !rest.isEmpty {
            for (name, end) in [("Date: ", UInt8(ascii: "\r")), (#""sid":""#, UInt8(ascii: "\""))]
            where rest.starts(with: name.utf8) {
                result += name.utf8
                rest = rest.dropFirst(name.utf8.count).drop { $0 != end }
            }
            if let byte = rest.popFirst() { result.append(byte) }
        }
        return result
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        self.indices.contains { self[$0...].starts(with: text.utf8) }
    }

    fileprivate func replacing(_ text: String, by bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = self[...]
        while let byte = rest.first {
            if rest.starts(with: text.utf8) {
                result += bytes
                rest = rest.dropFirst(text.utf8.count)
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
