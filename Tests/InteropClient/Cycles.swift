// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CAllocationCounter
import Foundation
import MartletClient

/// Clients that connect and are cancelled at whatever moment, and leave nothing behind.
struct Cycles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets clients connect and be cancelled, and fails when something of them is left.")

    @OptionGroup var server: ServerOptions
    @Option(help: "How many clients.") var count = 10_000
    @Option(help: "How many at the same time.") var atOnce = 20

    private final class Weak {
        weak var socket: ClientSocket?
    }

    func run() async throws {
        count_bytes()
        // What is made once stays.
        try await self.cycle(self.count / 10)
        try await self.settle()
        let before = (bytes: bytes_in_use(), descriptors: Self.descriptors())
        let sockets = try await self.cycle(self.count)
        try await self.settle()
        let left = sockets.count { $0.socket != nil }
        let after = (bytes: bytes_in_use() - Int64(sockets.capacity * 64), descriptors: Self.descriptors())
        print("descriptors \(before.descriptors) -> \(after.descriptors), bytes \(before.bytes) -> \(after.bytes), ", terminator: "")
        print("sockets left \(left)")
        try expect(left == 0, "\(left) sockets are left")
        try expect(after.descriptors <= before.descriptors, "descriptors are left")
        try expect(after.bytes < before.bytes + 100_000, "memory is left")
    }
}
