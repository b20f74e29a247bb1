// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The sockets of one event loop that its WebSockets may write to directly: past NIO, as long as nothing waits there.
///
/// They stand side by side, and a connection knows its own by a number. So a broadcast finds all sockets within a few
/// lines of the processor's caches, where a visit to each connection's host would touch two or three lines for each.
package final class DirectSockets {
    /// Which of the sockets.
    package struct Number: Hashable, Sendable {
        fileprivate let index: Int32
    }

    /// Hands bytes to a socket. It calls nobody back.
    /// - Returns: how many the network took; 0 too when there was an error, which whoever owns the socket meets next.
    package typealias Send = (_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int

    private static let none: CInt = -1

    private let send: Send
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var descriptors: [CInt] = []
    private var unused: [Number] = []

    init(_ send: @escaping Send) {
        self.send = send
    }

    /// Adds a socket, to which from here on nobody writes but those who have its number.
    package func add(_ descriptor: CInt) -> Number {
        if let number = self.unused.popLast() {
            self.descriptors[Int(number.index)] = descriptor
            return number
        }
        self.descriptors.append(descriptor)
        return Number(index: Int32(self.descriptors.count - 1))
    }

    /// A socket is about to be closed, or to be written to by others: what is sent to it from here on is not taken.
    package func giveUp(_ number: Number) {
        self.descriptors[Int(number.index)] = Self.none
    }

    /// Nobody has the number any more.
    package func remove(_ number: Number) {
        self.giveUp(number)
        self.unused.append(number)
    }

    func send(_ bytes: UnsafeRawBufferPointer, to number: Number) -> Int {
        let descriptor = self.descriptors[Int(number.index)]
        return descriptor == Self.none ? 0 : self.send(descriptor, bytes)
    }
}
