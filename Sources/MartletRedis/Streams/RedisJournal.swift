// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import NIOCore

/// The journal of a cluster on a stream of Redis.
///
/// An entry has the fields `c`, the channel; `f` and `i`, which server has appended it and its number there; `m`, the
/// message. An entry without a channel is a mark: it makes sure that there is an entry to begin after.
final class RedisJournal: RecoveryJournal {
    private let settings: RedisRecovery
    private let client: RedisClient
    private let reader: JournalReader
    private let writer: JournalWriter
    private let sessions: SessionRecords

    /// How many entries are read at once for a client. Each may be as long as a message of a client.
    private static let pageSize = 32
    /// How long a client that comes back waits for Redis.
    private static let patience = Duration.seconds(2)

    init(_ settings: RedisRecovery, url: String, configuration: RedisConfiguration) throws(RedisError) {
        guard settings.maxLength > 0, settings.maxRead > 0, !settings.stream.isEmpty else {
            throw RedisError(.invalidConfiguration, "the recovery needs a stream and limits above 0")
        }
        self.settings = settings
        var configuration = configuration
        if !configuration.clientName.isEmpty { configuration.clientName += "-stream" }
        self.client = try RedisClient(url: url, configuration: configuration)
        if !configuration.clientName.isEmpty { configuration.clientName += "-reader" }
        let stream = RedisStream(key: settings.stream, maxLength: settings.maxLength)
        self.reader = JournalReader(stream, try RedisClient(url: url, configuration: configuration))
        self.writer = JournalWriter(stream, self.client, self.reader, limit: configuration.queueLimit)
        self.sessions = SessionRecords(prefix: settings.stream, self.client)
    }

    deinit {
        self.reader.stop()
        self.writer.stop()
        self.sessions.stop()
    }

    func onEvent(_ hook: @escaping @Sendable (RedisEvent) -> Void) { self.client.onEvent(hook) }

    func flush(timeout: Duration) async throws { try await self.writer.flush(timeout: timeout) }

    func settleRecords(timeout: Duration) async { await self.sessions.flush(timeout: timeout) }

    /// Writes what waits, for a second at most.
    func close() async {
        try? await self.writer.flush(timeout: RedisSession.closingTime)
        await self.settleRecords(timeout: RedisSession.closingTime)
        self.reader.stop()
        self.writer.stop()
        self.sessions.stop()
        await self.client.close()
    }

    // MARK: Entries

    var maxRead: Int { self.settings.maxRead }
    var position: JournalOffset? { self.reader.position }
    var isAvailable: Bool { self.writer.isAvailable }

    func read(_ receive: @escaping @Sendable ([JournalEntry], JournalOffset) -> Void) {
        let writer = self.writer
        let client = self.client
        self.reader.start(reportingTo: client) { entries, position in
            receive(entries.map(\.entry), position)
            if let number = entries.last(where: { $0.sender == writer.id })?.number { writer.delivered(number) }
        }
        writer.waitsForReader()
    }

    func reach(_ offset: JournalOffset) async { await self.reader.reach(offset) }

    func append(_ message: ByteBuffer, to channel: String) { self.writer.append(message, to: channel) }

    func entries(after offset: JournalOffset, since start: JournalOffset) async throws -> JournalPage? {
        let key = RedisCommand.Argument.string(self.settings.stream)
        let start = RedisCommand.Argument.string(start.description)
        let answers = try await self.client.send(
            [
                RedisCommand("XRANGE", key, .string(offset.next.description), "+", "COUNT", "\(Self.pageSize)"),
                // After the page: the oldest go first, so if this is there, nothing after it was missing above.
                RedisCommand("XRANGE", key, start, start, "COUNT", "1"),
            ], waitingForConnection: Self.patience)
        guard let page = answers[0].elements, answers[1].elements?.isEmpty == false else { return nil }
        let entries = page.compactMap(StreamEntry.init)
        guard entries.count == page.count else { return nil }
        return JournalPage(
            entries: entries.map(\.entry), last: entries.last?.entry.offset, count: page.count,
            isLast: page.count < Self.pageSize)
    }

    // MARK: Records of sessions

    func save(_ record: ByteBuffer, of session: String, holder: String, timeToLive: Duration) {
        self.sessions.write(record, of: session, holder: holder, timeToLive: timeToLive)
    }

    func remove(_ session: String, holder: String) {
        self.sessions.write(nil, of: session, holder: holder, timeToLive: .zero)
    }

    func settle(_ session: String) async throws { try await self.sessions.settle(session, timeout: Self.patience) }

    func records(of session: String) async throws -> [ByteBuffer] {
        try await self.settle(session)
        return try await self.sessions.read(session, timeout: Self.patience)
    }

    func take(
        _ session: String, leaving record: ByteBuffer, holder: String, timeToLive: Duration
    ) async throws -> [ByteBuffer] {
        try await self.settle(session)
        return try await self.sessions.take(
            session, leaving: record, holder: holder, timeToLive: timeToLive, timeout: Self.patience)
    }
}
