// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport

/// libFuzzer calls on one thread.
nonisolated(unsafe) private let server = RoomServer()

/// Clients come and go, join, leave and send, as a program says: after each step everybody has received what the model
/// says, and is in its rooms.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    server.run(RoomProgram(FuzzInput(start, count).bytes))
    return 0
}
