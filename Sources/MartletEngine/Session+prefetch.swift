// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CMartletPrefetch

/// What sending to a session touches is a chain of objects: each is known to the one before only. Whoever sends to many
/// asks for the links of those whose turn comes soon, one after the other, in this order.
///
/// To count a reference to an object is to wait for it, so nobody does that with what is only being asked for.
extension Session {
    /// Has the processor fetch the session itself.
    package func prefetch() {
        martlet_prefetch(Unmanaged.passUnretained(self).toOpaque())
    }

    /// Has it fetch the objects that the session refers to.
    package func prefetchTransport() {
        martlet_prefetch(Unmanaged<AnyObject>.passUnretained(self.transport).toOpaque())
        if let delivery = self.delivery { martlet_prefetch(Unmanaged.passUnretained(delivery).toOpaque()) }
    }

    /// Has it fetch what those refer to.
    package func prefetchOutput() {
        self.transport.prefetchOutput()
        self.delivery?.machine.prefetchLog()
    }
}
