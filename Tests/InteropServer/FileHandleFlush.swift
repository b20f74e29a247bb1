// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

enum FileHandleFlush {
    /// Flushes the printed text. Without this, text to a pipe would stay in the buffer until the process ends.
    static func standardOutput() {
        fflush(nil)
    }
}
