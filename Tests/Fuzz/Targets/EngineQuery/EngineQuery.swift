// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import FuzzSupport

func percentEncoded(_ text: String) -> String {
    text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    let target = String(decoding: input.bytes, as: UTF8.self)
    let query = EngineQuery(target: target)
    let pairs = query.pairs
    check(pairs.count <= EngineQuery.maxPairs, "\(pairs.count) pairs")
    check(target.utf8.count >= query.raw.utf8.count, "the query grew")
    for count in [query.attach, query.ack, query.seq] {
        check(count.map { (0...EngineCount.max).contains($0) } ?? true, "a count of \(String(describing: count))")
    }

    // Every byte of every key and value escaped, the query must mean the same.
    let escaped = pairs.map { percentEncoded($0.name) + "=" + percentEncoded($0.value) }.joined(separator: "&")
    let again = EngineQuery(target: "/socket.io/?" + escaped + "#" + target)
    check(again.pairs.elementsEqual(pairs, by: ==), "\(again.pairs) instead of \(pairs)")
    // What Engine.IO itself wants to know is found behind more pairs, too.
    guard pairs.count < EngineQuery.maxPairs else { return 0 }
    check(
        again.transport == query.transport && again.sid == query.sid && again.protocolVersion == query.protocolVersion
            && again.j == query.j && again.wantsBase64 == query.wantsBase64 && again.wantsResume == query.wantsResume
            && again.isProbe == query.isProbe && again.attach == query.attach && again.ack == query.ack
            && again.seq == query.seq && again.hasMalformedCount == query.hasMalformedCount,
        "\(again) instead of \(query)")
    return 0
}
