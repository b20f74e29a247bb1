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

/// How many files the process may have open, connections among them.
enum DescriptorLimit {
    /// For a connection on its way, event loops and the like. Polling and SSE have two connections a client.
    private static let others = 128

    /// Raises the limit as far as is allowed.
    /// - Throws: when it is too low for so many clients.
    static func raise(toHold clients: Int) throws {
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        let wanted = rlim_t(2 * clients + self.others)
        if limit.rlim_cur < wanted {
            limit.rlim_cur = min(wanted, limit.rlim_max)
            _ = setrlimit(resource, &limit)
            _ = getrlimit(resource, &limit)
        }
        guard limit.rlim_cur >= rlim_t(clients + self.others) else {
            throw ToolFailure(
                "\(clients.grouped) connections need more open files than the \(limit.rlim_cur) allowed here: "
                    + "raise the limit with 'ulimit -n'.")
        }
    }
}
