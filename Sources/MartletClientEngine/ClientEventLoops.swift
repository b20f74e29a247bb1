// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

#if canImport(Network)
internal import NIOTransportServices
#else
internal import NIOPosix
#endif

/// The event loops of clients to which the application gives none: all clients of the process share them.
package enum ClientEventLoops {
    package static var shared: any EventLoopGroup {
        #if canImport(Network)
        NIOTSEventLoopGroup.singleton
        #else
        MultiThreadedEventLoopGroup.singleton
        #endif
    }
}
