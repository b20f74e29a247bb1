// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import NIOCore

/// A stream of Redis, and the commands for it.
struct RedisStream: Sendable {
    let key: String
    let maxLength: Int

    /// Appends an entry; the oldest are trimmed.
    func add(_ fields: [RedisCommand.Argument]) -> RedisCommand {
        RedisCommand(["XADD", .string(self.key), "MAXLEN", "~", "\(self.maxLength)", "*"] + fields)
    }

    /// Waits for the entries after an offset.
    func read(after offset: JournalOffset, count: Int, milliseconds: Int) -> RedisCommand {
        RedisCommand(
            "XREAD", "COUNT", "\(count)", "BLOCK", "\(milliseconds)", "STREAMS", .string(self.key),
            .string(offset.description))
    }

    func contains(_ offset: JournalOffset) -> RedisCommand {
        let offset = RedisCommand.Argument.string(offset.description)
        return RedisCommand("XRANGE", .string(self.key), offset, offset)
    }

    var last: RedisCommand { RedisCommand("XREVRANGE", .string(self.key), "+", "-", "COUNT", "1") }
}

/// An entry of the stream.
struct StreamEntry: Sendable {
    let entry: JournalEntry
    let sender: String
    let number: UInt64

    /// The fields of an entry, in the order in which they are written.
    static func fields(
        channel: String, sender: String, number: UInt64, message: ByteBuffer
    ) -> [RedisCommand.Argument] {
        ["c", .string(channel), "f", .string(sender), "i", .string(String(number)), "m", .bytes(message)]
    }

    /// The fields of an entry that is no more than a place.
    static let mark: [RedisCommand.Argument] = ["c", ""]

    /// - Returns: nil if this is no entry. An entry that was written by something else counts as a mark.
    init?(_ value: RESPValue) {
        guard let parts = value.elements, parts.count == 2, let id = parts[0].string, let offset = JournalOffset(id)
        else { return nil }
        let fields = parts[1]
        self.entry = JournalEntry(
            offset: offset,
            channel: fields[key: "c"]?.string ?? "",
            message: fields[key: "m"]?.bytes ?? ByteBuffer())
        self.sender = fields[key: "f"]?.string ?? ""
        self.number = fields[key: "i"]?.string.flatMap { UInt64($0) } ?? 0
    }
}

extension JournalOffset {
    /// The first place after this one. Redis before 6.2 has no other way to leave out an entry.
    var next: JournalOffset {
        guard self.number == .max else {
            return JournalOffset(milliseconds: self.milliseconds, number: self.number + 1)
        }
        return JournalOffset(milliseconds: self.milliseconds &+ 1, number: 0)
    }
}
