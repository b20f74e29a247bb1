// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Logging
internal import Martlet

/// A board of 10 by 10 fields, on which each player has a place: `enter` with a name, then `move` by a direction, which is
/// answered with the new place. A player whose connection is lost pauses; one that leaves is saved.
@main
struct Game {
    struct Player: Codable, Sendable {
        var name: String
        var x = 0
        var y = 0
    }
    enum PlayerKey: SocketDataKey { typealias Value = Player }
    static let log = Logger(label: "game")

    static func main() async throws {
        let io = SocketIOServer()
        io.on("enter") { (socket: Socket, name: String) -> Player in
            let player = Player(name: name)
            socket.data[PlayerKey.self] = player
            socket.onReachabilityChange { socket.broadcast.emit($0 ? "resumed" : "paused", name) }
            socket.broadcast.emit("entered", player)
            return player
        }
        io.on("move") { (socket: Socket, direction: String) throws -> Player in
            let player = try socket.data.update(PlayerKey.self) { player throws(EventError) -> Player in
                guard player != nil else { throw EventError(message: "Enter first", code: "not_in_game") }
                try player?.move(direction)
                return player ?? Player(name: "")
            }
            socket.broadcast.latest(of: player.name).emit("moved", player)
            return player
        }
        io.on("hint") { (socket: Socket) async throws -> String in
            do {
                try await Task.sleep(for: .milliseconds(300))  // a better player would think this long
                return ["up", "down", "left", "right"].randomElement() ?? "up"
            } catch {
                Self.log.info("\(socket.data[PlayerKey.self]?.name ?? "nobody") needs no hint any more")
                throw error
            }
        }
        io.onDisconnect { socket, _ async in
            guard let player = socket.data[PlayerKey.self] else { return }
            try? await Task.sleep(for: .milliseconds(50))  // a database would take this long
            Self.log.info("saved \(player.name) at \(player.x),\(player.y)")
            io.emit("left", player.name)
        }
        try await io.run(port: ProcessInfo.processInfo.environment["PORT"].flatMap { Int($0) } ?? 3000)
    }
}

extension Game.Player {
    mutating func move(_ direction: String) throws(EventError) {
        switch direction {
        case "up" where self.y > 0: self.y -= 1
        case "down" where self.y < 9: self.y += 1
        case "left" where self.x > 0: self.x -= 1
        case "right" where self.x < 9: self.x += 1
        case "up", "down", "left", "right": throw EventError(message: "There is a wall", code: "wall")
        default: throw EventError(message: "There is no such direction", code: "no_direction")
        }
    }
}
