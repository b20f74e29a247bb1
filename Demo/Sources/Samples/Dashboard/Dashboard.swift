// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Logging
internal import Martlet
internal import ServiceLifecycle

let log = Logger(label: "dashboard")

/// Prices, pushed by a service in the background: `watch` names what a client wants to see, and gets the prices of now;
/// `price` tells each change, or the last one to a client that lags.
@main
struct Dashboard {
    static func main() async throws {
        let io = SocketIOServer()
        let prices = Prices()
        io.on("watch") { (socket: Socket, symbols: [String]) async throws -> [String: Double] in
            var snapshot: [String: Double] = [:]
            for symbol in symbols {
                guard let price = await prices.current[symbol] else {
                    throw EventError(message: "There is no \(symbol)", code: "unknown_symbol")
                }
                snapshot[symbol] = price
                socket.join(symbol)
            }
            return snapshot
        }
        io.on("report") { (_: Socket) async throws -> Double in
            do {
                try await Task.sleep(for: .milliseconds(300))  // a database would take this long
                return await prices.current.values.reduce(0, +)
            } catch {
                log.info("nobody waits for the report any more")
                throw error
            }
        }
        try await io.run(
            port: ProcessInfo.processInfo.environment["PORT"].flatMap { Int($0) } ?? 3000,
            services: [Ticker(io: io, prices: prices)])
    }
}

actor Prices {
    private(set) var current = ["ACME": 100.0, "BIRD": 20.0]

    func change(_ symbol: String) -> Double {
        let price = (self.current[symbol] ?? 0) + Double.random(in: -1...1)
        self.current[symbol] = price
        return price
    }
}

/// Changes the prices, until the server has ended.
struct Ticker: Service {
    let io: SocketIOServer
    let prices: Prices

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                for symbol in await self.prices.current.keys {
                    let price = await self.prices.change(symbol)
                    self.io.to(symbol).latest(of: symbol).emit("price", symbol, price)
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        log.info("the ticker has stopped")
    }
}
