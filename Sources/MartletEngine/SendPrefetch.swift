// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CMartletPrefetch

/// Has the processor fetch what sending to the next receivers of a walk touches.
///
/// That is a chain of objects for each receiver, and each object is known to the one before only. With a thousand
/// receivers, to wait for its links one by one was half of what a delivery cost outside the kernel; so each link is asked
/// for ahead of its receiver's turn, once the link before can be expected to have come.
///
/// To count a reference to an object is to wait for it, so nobody does that with what is only being asked for. To ask for
/// memory that has been freed does nothing.
package enum SendPrefetch {
    /// How many receivers before its turn each link of the chain is asked for.
    package enum Distance {
        package static let receiver = 16
        package static let session = 12
        package static let transport = 8
        package static let output = 4
    }

    /// One step of a walk, at each of whose distances stands another receiver.
    /// - Parameters:
    ///   - receiver: what leads to a session.
    ///   - session: a session whose receiver was asked for before.
    ///   - transport: one that was itself asked for before.
    ///   - output: one whose transport was.
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
