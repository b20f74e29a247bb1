// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// An outgoing event or acknowledgement that is being written.
///
/// ```swift
/// guard let packet = socket.beginEvent(event, isVolatile: false) else { return }
/// repeat packet.append(each arguments)
/// socket.send(packet, event: event, isVolatile: false)
/// ```
///
/// Each function that a pack of arguments passes through copies the pack. So the functions that take a pack are inlined
/// into the application, down to ``append(_:)``.
@usableFromInline
package struct OutgoingPacket {
    package let writer: any PacketWriter
    /// Whether the writer belongs to an event loop, and goes back there.
    package let isLoops: Bool

    package init(writer: any PacketWriter, isLoops: Bool) {
        self.writer = writer
        self.isLoops = isLoops
    }

    /// Appends one argument.
    @inlinable
    package func append<Argument: Encodable>(_ argument: Argument) {
        // The types are the same, so the bits are too; a cast would search the runtime's tables.
        if Argument.self == SocketArgument.self {
            self.relay(unsafeBitCast(argument, to: SocketArgument.self))
        } else if Argument.self == SocketArguments.self {
            self.relay(unsafeBitCast(argument, to: SocketArguments.self))
        } else {
            self.encode(argument)
        }
    }

    @usableFromInline
    package func encode<Argument: Encodable>(_ argument: Argument) {
        self.writer.encode(argument)
    }

    @usableFromInline
    package func relay(_ argument: SocketArgument) {
        self.writer.relay(argument.raw)
    }

    @usableFromInline
    package func relay(_ arguments: SocketArguments) {
        self.writer.relay(arguments.raw)
    }
}
