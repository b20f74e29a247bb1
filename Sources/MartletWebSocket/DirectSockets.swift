// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The sockets of one event loop to which its WebSockets may write directly, without NIO, while no bytes wait in NIO.
///
/// The sockets lie side by side in an array, and a connection refers to its socket by an index. So a broadcast reads
/// the sockets of all receivers from a few cache lines, instead of two or three cache lines for each connection's host.
package final class DirectSockets {
    /// Refers to one of the sockets.
    package struct Number: Hashable, Sendable {
        fileprivate let index: Int32
    }

    /// Hands bytes to a socket. Calls nothing else.
    /// - Returns: how many bytes the network took; 0 also after an error, which the socket's owner meets with its next
    ///   use.
    package typealias Send = (_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int

    private static let none: CInt = -1

    private let send: Send
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var descriptors: [CInt] = []
    private var unused: [Number] = []

    init(_ send: @escaping Send) {
        self.send = send
    }

    /// Adds a socket. From here on, only users of its number may write to it.
    package func add(_ descriptor: CInt) -> Number {
        if let number = self.unused.popLast() {
            self.descriptors[Int(number.index)] = descriptor
            return number
        }
        self.descriptors.append(descriptor)
        return Number(index: Int32(self.descriptors.count - 1))
    }

    /// A socket is about to be closed, or to be written to by other code: from here on, no bytes sent to it are taken.
    package func giveUp(_ number: Number) {
        self.descriptors[Int(number.index)] = Self.none
    }

    /// Removes a socket. The caller ensures that its number is not used afterwards.
    package func remove(_ number: Number) {
        self.giveUp(number)
        self.unused.append(number)
    }

    func send(_ bytes: UnsafeRawBufferPointer, to number: Number) -> Int {
        let descriptor = self.descriptors[Int(number.index)]
        return descriptor == Self.none ? 0 : self.send(descriptor, bytes)
    }
}
