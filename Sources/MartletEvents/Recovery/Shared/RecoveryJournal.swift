// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A bus that may also keep what it carries.
package protocol DurableBus: ClusterBus {
    /// Nil unless the application has asked for it.
    var journal: (any RecoveryJournal)? { get }
}

/// What all servers of a cluster write into, one entry after the other, and read in the same order; and the records of
/// sessions. Both outlive the servers.
///
/// Its functions may be called on any thread.
package protocol RecoveryJournal: Sendable {
    /// How many entries are read at most to find out what one client has missed.
    var maxRead: Int { get }

    /// Begins to read what is appended from now on, this server's own entries too. Called once.
    /// - Parameter receive: called with entries in order, one call after the other, on any thread; also with no entries,
    ///   when the place is known from which on all are read.
    func read(_ receive: @escaping @Sendable (_ entries: [JournalEntry], _ position: JournalOffset) -> Void)

    /// The place of the last entry for which `receive` has returned; nil as long as it is not known.
    var position: JournalOffset? { get }

    /// Waits until `receive` has returned for everything up to an entry, or the task is cancelled.
    func reach(_ offset: JournalOffset) async

    /// Whether entries can be expected to be appended soon.
    var isAvailable: Bool { get }

    /// Appends an entry, soon, and once. Entries of one caller are appended in order.
    func append(_ message: ByteBuffer, to channel: String)

    /// Entries from the past.
    /// - Parameters:
    ///   - offset: the entries after this one are read.
    ///   - start: the entry after which the first page began.
    /// - Returns: a page; nil when the start is not, or no more, in the journal, so that entries may be missing.
    func entries(after offset: JournalOffset, since start: JournalOffset) async throws -> JournalPage?

    // MARK: Records of sessions

    /// Writes a holder's record of a session, soon, in place of its former one.
    func save(_ record: ByteBuffer, of session: String, holder: String, timeToLive: Duration)

    /// Removes a holder's record of a session, soon.
    func remove(_ session: String, holder: String)

    /// All records of a session, after those that this server has saved are written.
    func records(of session: String) async throws -> [ByteBuffer]

    /// Puts one record in place of all records of a session, and returns those, in one step.
    func take(
        _ session: String, leaving record: ByteBuffer, holder: String, timeToLive: Duration
    ) async throws -> [ByteBuffer]

    /// Waits until the records of a session that this server has saved are written.
    func settle(_ session: String) async throws
}

package struct JournalEntry: Sendable {
    package let offset: JournalOffset
    package let channel: String
    package let message: ByteBuffer

    package init(offset: JournalOffset, channel: String, message: ByteBuffer) {
        self.offset = offset
        self.channel = channel
        self.message = message
    }
}

package struct JournalPage: Sendable {
    package let entries: [JournalEntry]
    /// The place of the last entry that was read; nil if there was none.
    package let last: JournalOffset?
    /// How many entries were read.
    package let count: Int
    /// Whether there was no entry after these.
    package let isLast: Bool

    package init(entries: [JournalEntry], last: JournalOffset?, count: Int, isLast: Bool) {
        self.entries = entries
        self.last = last
        self.count = count
        self.isLast = isLast
    }
}
