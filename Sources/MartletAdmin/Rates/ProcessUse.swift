// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What this process uses, and what it is called.
enum ProcessUse {
    static var processID: Int { Int(getpid()) }

    static var hostName: String? {
        let size = 256
        var name = [CChar](repeating: 0, count: size)
        guard gethostname(&name, size - 1) == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The time that all threads have had of the CPU, in seconds.
    static var cpuTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The memory that is in use and not swapped out, in bytes; `nil` elsewhere than on Linux.
    static var residentMemory: Int? {
        #if os(Linux)
        // proc_pid_statm(5): sizes in pages; the second is the resident set's.
        let file = open("/proc/self/statm", O_RDONLY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let size = 128
        var text = [UInt8](repeating: 0, count: size)
        let count = read(file, &text, size)
        guard count > 0 else { return nil }
        let words = String(decoding: text.prefix(count), as: UTF8.self).split(separator: " ")
        guard words.count > 1, let pages = Int(words[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
        #else
        return nil
        #endif
    }
}
