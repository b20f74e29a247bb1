// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A channel's socket, written to past NIO's queue of pending writes.
///
/// It is for a handler next to which nothing but NIO writes, and only while nothing of the handler's own waits in that
/// queue. The descriptor is kept from the start, since asking NIO for it takes dynamic casts.
/// It is the channel's own until the channel is closed, so the handler has to give this up before it closes the channel
/// or has it closed, when a write of its own fails, and when the channel turns inactive: when NIO closes a socket because
/// of an error, it first fails the writes that are pending, which are the handler's, and then says that the channel is
/// inactive.
struct DirectSocket {
    let descriptor: NIOBSDSocket.Handle

    /// - Returns: `nil` where a channel has no socket.
    init?(_ channel: any Channel) {
        // What `withUnsafeTransportIfAvailable` does, but for asking for the type of the transport within the cast, which
        // makes that cost twenty times as much.
        guard let core = channel as? any NIOTransportAccessibleChannelCore else { return nil }
        guard let descriptor = try? core.withUnsafeTransport({ $0 as? NIOBSDSocket.Handle }) else { return nil }
        self.descriptor = descriptor
    }

    /// Hands bytes to the kernel.
    /// - Returns: how many it took. An error of the socket is left to NIO, which meets it again and closes the channel.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        Self.send(self.descriptor, bytes)
    }

    static func send(_ descriptor: NIOBSDSocket.Handle, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
        // NIO sets SO_NOSIGPIPE on every socket.
        let sent = Darwin.send(descriptor, bytes.baseAddress, bytes.count, MSG_DONTWAIT)
        #else
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        #if canImport(Musl)
        let sent = Musl.send(descriptor, bytes.baseAddress, bytes.count, flags)
        #else
        let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
        #endif
        #endif
        return max(0, sent)
    }
}
