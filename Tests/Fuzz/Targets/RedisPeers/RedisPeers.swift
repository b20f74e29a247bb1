// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import NIOCore
import PeerMessages

/// What was read and written twice is, when it is read again, written alike. A number that is rounded the first time may
/// be written as an integer the second time. What was read may be nested so deeply that it can be read only once: in JSON,
/// binary data takes two levels more.
func checkRoundTrip(_ input: ByteBuffer, _ rewrite: (ByteBuffer) throws -> ByteBuffer?) {
    guard let first = try? rewrite(input), let second = try? rewrite(first), let third = try? rewrite(second) else {
        return
    }
    check(second == third, "written again: \(third), was \(second)")
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput(start, count).slice
    checkRoundTrip(input) { try NodeBroadcast(reading: $0).written() }
    checkRoundTrip(input) { try NodeRequest(reading: $0)?.written() }
    checkRoundTrip(input) { try NodeResponse(reading: $0).written() }
    checkRoundTrip(input) { try PythonMessage(reading: $0)?.written() }
    return 0
}
