// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletClient
internal import NoteEvents

/// `sample-notes http://127.0.0.1:3000` shows notes as they are added; an author and a text behind it add one.
@main
struct NoteClient {
    static func main() async throws {
        let log = Logger(label: "notes")
        let client = try SocketIOClient(CommandLine.arguments.dropFirst().first ?? "http://127.0.0.1:3000")
        let socket = client.socket()
        let notes = socket.events(Notes.added)
        try await socket.connect()
        if CommandLine.arguments.count == 4 {
            let note = Notes.Note(author: CommandLine.arguments[2], text: CommandLine.arguments[3])
            let count = try await socket.emitWithAck(Notes.add, note, as: Int.self)
            log.info("added \(count)")
        } else {
            log.info("watching")
            for await (note, count) in notes { log.info("\(count). \(note.author): \(note.text)") }
        }
        await client.close()
    }
}
