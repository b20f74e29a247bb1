// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CAllocationCounter
import MartletClient

/// Clients that connect and are cancelled at whatever moment, and leave nothing behind.
struct Cycles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets clients connect and be cancelled, and fails when something of them is left.")

    @OptionGroup var server: ServerOptions
    @Option(help: "How many clients.") var count = 10_000
    @Option(help: "How many at the same time.") var atOnce = 20

    /// How many bytes may stay in use for each: less than the smallest object has.
    private static let slack = 20

    /// `@unchecked Sendable`: a weak reference may be read on any thread, and this one is never written.
    private struct Weak: @unchecked Sendable {
        weak var socket: ClientSocket?
    }

    func run() async throws {
        count_bytes()
        // What is made once stays.
        try await self.settle(try await self.cycle(self.count), descriptors: .max)
        let before = (bytes: bytes_in_use(), descriptors: try ProcessFigures.descriptors())
        try await self.settle(try await self.cycle(self.count), descriptors: before.descriptors)
        let bytes = bytes_in_use()
        print("\(self.count) cycles: \(before.descriptors) descriptors, \(before.bytes) bytes before, \(bytes) after")
        try expect(bytes < before.bytes + Int64(Self.slack * self.count), "memory stays in use")
    }

    private func cycle(_ count: Int) async throws -> [Weak] {
        try await withThrowingTaskGroup(of: Weak.self) { group in
            var sockets: [Weak] = []
            for number in 0..<count {
                if number >= self.atOnce, let socket = try await group.next() { sockets.append(socket) }
                group.addTask { try await self.cancelled(number) }
            }
            for try await socket in group { sockets.append(socket) }
            return sockets
        }
    }

    private func cancelled(_ number: Int) async throws -> Weak {
        let client = try self.server.makeClient()
        let asksLong = number.isMultiple(of: 3)
        let socket = client.socket {
            if asksLong { try await Task.sleep(for: .seconds(3600)) }
            return ["token": "x"]
        }
        let working = Task {
            try await socket.connect()
            while true { let _: Int = try await socket.emitWithAck("message-with-ack", 1) }
        }
        // A connection and its first answers take a few milliseconds.
        try await Task.sleep(for: .microseconds(number % 50 * 100))
        working.cancel()
        _ = await working.result
        // A client that is not closed is gone when nobody has it any more, and no socket of it is connected.
        if number.isMultiple(of: 2) { await client.close() } else { socket.disconnect() }
        return Weak(socket: socket)
    }

    /// Waits until nothing of the clients is left.
    private func settle(_ sockets: [Weak], descriptors: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if try ProcessFigures.descriptors() <= descriptors, !sockets.contains(where: { $0.socket != nil }) {
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let left = sockets.count { $0.socket != nil }
        throw Unexpected("\(try ProcessFigures.descriptors()) descriptors and \(left) sockets are left")
    }
}
