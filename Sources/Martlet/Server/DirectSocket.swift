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

/// A channel's socket, to which a handler writes directly, without NIO's queue of pending writes, and from which it may
/// read on in NIO's turn.
///
/// Only for a channel to which nobody but this handler and NIO writes, and only while none of the handler's own writes
/// waits in NIO's queue. The descriptor is stored from the start, since asking NIO for it takes dynamic casts.
///
/// The descriptor belongs to the channel until the channel is closed. So the handler must give up its `DirectSocket`
/// before it closes the channel or has it closed, when one of its writes fails, and when the channel turns inactive.
/// This is enough: when NIO closes a socket because of an error, it first fails the pending writes, which are the
/// handler's, and then reports that the channel is inactive.
struct DirectSocket {
    let descriptor: NIOBSDSocket.Handle

    /// - Returns: `nil` where a channel has no socket.
    init?(_ channel: any Channel) {
        // Like `withUnsafeTransportIfAvailable`, but the cast leaves out the type of the transport: a cast that
        // includes it is much slower.
        guard let core = channel as? any NIOTransportAccessibleChannelCore else { return nil }
        guard let descriptor = try? core.withUnsafeTransport({ $0 as? NIOBSDSocket.Handle }) else { return nil }
        self.descriptor = descriptor
    }

    /// Hands bytes to the kernel.
    /// - Returns: how many bytes the kernel took; 0 after an error of the socket, which NIO meets again and answers by
    ///   closing the channel.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        Self.send(self.descriptor, bytes)
    }

    /// Takes bytes that the kernel has, at most as many as there is room for. Only in the turn in which NIO has read from
    /// the channel, and what it read goes before.
    /// - Returns: how many; 0 at the end and after an error, which NIO meets again.
    func receive(_ room: UnsafeMutableRawBufferPointer) -> Int {
        max(0, recv(self.descriptor, room.baseAddress, room.count, Int32(MSG_DONTWAIT)))
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
