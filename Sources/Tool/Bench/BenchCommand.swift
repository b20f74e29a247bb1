// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MartletClient
import MartletShared

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures how fast a server answers: many connections send events and wait for the answers.",
        discussion: """
            For example:
              martlet bench http://localhost:3000 --connections 100 --rate 1000 --duration 10

            The event has one argument, a text, and the server must acknowledge it. The sessions are plain ones: what is \
            lost is not opened again. Each connection sends its next event \
            when it is due, or, if the answer to the one before comes later than that, right after it; then the time counts \
            from when the event was due, so that a slow server cannot hide behind the events that it delays. Ctrl-C ends \
            the measurement early, and prints what there is.
            """
    )

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "How many connections, each a client of its own.") var connections = 10
    @Option(help: "How many events a second, all connections together.") var rate = 100.0
    @Option(help: "How many bytes the event's text has.") var payload = 64
    @Option(help: "How many seconds to send, once all are connected.") var duration = 10.0
    @Option(help: "The event; the server must acknowledge it.") var event = "echo"
    @Option(help: "How many connections are opened a second.") var connectRate = 500.0

    func validate() throws {
        guard 1...1_000_000 ~= self.connections else { throw ValidationError("--connections: 1 to 1,000,000.") }
        guard 0...(16 << 20) ~= self.payload else { throw ValidationError("--payload: 0 to 16,777,216 bytes.") }
        for (name, value) in [("rate", self.rate), ("duration", self.duration), ("connect-rate", self.connectRate)] {
            guard value > 0, value <= 10_000_000 else { throw ValidationError("--\(name): a number greater than 0.") }
        }
        do throws(ToolFailure) {
            _ = try EventLine(self.event, isQuestion: true, [])
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        try DescriptorLimit.raise(toHold: self.connections)
        let measurement = Measurement()
        let work = Task { try await self.work(measurement) }
        let interruption = Interruption { work.cancel() }
        defer { withExtendedLifetime(interruption) {} }
        let progress = Task {
            let start = ContinuousClock.now
            for second in 1... {
                try await Task.sleep(until: start + .seconds(second), clock: .continuous)
                Terminal.printError(measurement.progress(second))
            }
        }
        let result = await work.result
        progress.cancel()
        do {
            try result.get()
        } catch is CancellationError {
        } catch {
            throw ToolFailure(error)
        }
        for line in measurement.summary() { Terminal.print(line) }
        if let failure = measurement.failure { throw failure }
    }

    private func work(_ measurement: Measurement) async throws {
        let clients = try await self.connect(measurement)
        let start = ContinuousClock.now
        measurement.begin()
        let text = String(repeating: "x", count: self.payload)
        await withTaskGroup(of: Void.self) { group in
            for (number, client) in clients.enumerated() {
                let schedule = Schedule(
                    start: start, end: start + .seconds(self.duration),
                    interval: .seconds(Double(self.connections) / self.rate),
                    offset: Double(number) / Double(clients.count))
                group.addTask { await client.run(schedule, self.event, text, measurement) }
            }
        }
        measurement.end()
        await withTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { await client.close() } }
        }
    }

    /// How many connections may be on their way at once.
    private static let maxConnecting = 128

    private func connect(_ measurement: Measurement) async throws -> [BenchClient] {
        try await withThrowingTaskGroup(of: BenchClient?.self) { group in
            let start = ContinuousClock.now
            var clients: [BenchClient] = []
            for number in 0..<self.connections {
                try await Task.sleep(until: start + .seconds(Double(number) / self.connectRate), clock: .continuous)
                if number >= Self.maxConnecting, let client = try await group.next() ?? nil { clients.append(client) }
                let client = try BenchClient(self.connection)
                group.addTask { await client.connect(measurement) ? client : nil }
            }
            for try await client in group {
                if let client { clients.append(client) }
            }
            try Task.checkCancellation()
            return clients
        }
    }
}
