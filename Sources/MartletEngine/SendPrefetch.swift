// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CMartletPrefetch

/// Has the processor prefetch the memory that sending to the next receivers of a broadcast touches.
///
/// For each receiver that memory is a chain of objects, and only the object before refers to the next one. With a
/// thousand receivers, waiting for these objects one by one was half of the cost of a delivery outside the kernel
/// (x86-64, November 2026). So each object is prefetched ahead of its receiver's turn, once the object before it can be
/// expected to be in the cache.
///
/// Retaining an object waits for its memory, so an object is not retained before it has been prefetched. Prefetching
/// memory that has been freed does nothing.
package enum SendPrefetch {
    /// How many receivers ahead each object of the chain is prefetched.
    package enum Distance {
        package static let receiver = 16
        package static let session = 12
        package static let transport = 8
        package static let output = 4
    }

    /// One step of a walk over receivers. The parameters belong to four different receivers, one at each ``Distance``.
    /// - Parameters:
    ///   - receiver: the object that refers to a session.
    ///   - session: a session whose receiver was prefetched before.
    ///   - transport: a session that was prefetched before, and whose transport is to be prefetched.
    ///   - output: a session whose transport was prefetched before, and whose output is to be prefetched.
    @inline(never)
    package static func step(
        receiver: UnsafeRawPointer,
        session: Unmanaged<Session>,
        transport: Unmanaged<Session>,
        output: Unmanaged<Session>
    ) {
        martlet_prefetch(receiver)
        martlet_prefetch(session.toOpaque())
        transport._withUnsafeGuaranteedRef { session in
            martlet_prefetch(Unmanaged<AnyObject>.passUnretained(session.state.transport).toOpaque())
            if let delivery = session.delivery { martlet_prefetch(Unmanaged.passUnretained(delivery).toOpaque()) }
        }
        output._withUnsafeGuaranteedRef { martlet_prefetch($0.state.output) }
    }
}
