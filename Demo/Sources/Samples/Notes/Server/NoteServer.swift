// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Martlet
internal import NoteEvents

@main
struct NoteServer {
    static func main() async throws {
        let io = SocketIOServer()
        let notes = Store()
        io.on(Notes.add) { (socket: Socket, note: Notes.Note) async -> Int in
            let count = await notes.add(note)
            socket.broadcast.emit(Notes.added, note, count)
            return count
        }
        try await io.run(port: ProcessInfo.processInfo.environment["PORT"].flatMap { Int($0) } ?? 3000)
    }
}

actor Store {
    private var notes: [Notes.Note] = []

    func add(_ note: Notes.Note) -> Int {
        self.notes.append(note)
        return self.notes.count
    }
}
