// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Reads a `text/event-stream`, however it is cut (HTML, 9.2.6): gives the data of each event. Names, ids and times for
/// reconnecting do not matter here.
struct EventStreamParser {
    private let maxEventBytes: Int
    /// What has come and is not a whole line yet.
    private var unread = ByteBuffer()
    /// How much of it is known to have no line end.
    private var searched = 0
    private var data = ByteBuffer()
    private var hasData = false
    /// Whether a CR was the last byte that was read, so that a LF after it ends no other line.
    private var followsCarriageReturn = false
    private var isAtStart = true

    private static let lineFeed: UInt8 = 0x0a
    private static let carriageReturn: UInt8 = 0x0d

    /// - Parameter maxEventBytes: what an event may have.
    init(maxEventBytes: Int) { self.maxEventBytes = maxEventBytes }

    mutating func feed(_ bytes: ByteBuffer) {
        if self.unread.readableBytes == 0 { self.unread.clear() }
        self.unread.writeImmutableBuffer(bytes)
    }

    /// The data of the next event, its lines joined with LF; `nil` when more has to come.
    /// - Throws: when an event is too large.
    mutating func next() throws(ClientError) -> ByteBuffer? {
        while var line = self.nextLine() {
            if self.isAtStart {
                self.isAtStart = false
                // A byte order mark may begin the stream.
                if line.readableBytesView.starts(with: [0xef, 0xbb, 0xbf]) { line.moveReaderIndex(forwardBy: 3) }
            }
            if line.readableBytes == 0 {
                guard self.hasData else { continue }
                defer {
                    self.data = ByteBuffer()
                    self.hasData = false
                }
                return self.data
            }
            self.read(line)
            try self.checkSize(self.data.readableBytes)
        }
        try self.checkSize(self.data.readableBytes + self.unread.readableBytes)
        return nil
    }

    private func checkSize(_ size: Int) throws(ClientError) {
        guard size <= self.maxEventBytes else {
            throw ClientError(.unavailable, "an event is larger than this client takes")
        }
    }

    /// The next whole line, without its end.
    private mutating func nextLine() -> ByteBuffer? {
        if self.followsCarriageReturn, let byte = self.unread.getInteger(at: self.unread.readerIndex, as: UInt8.self) {
            self.followsCarriageReturn = false
            if byte == Self.lineFeed { self.unread.moveReaderIndex(forwardBy: 1) }
        }
        let searched = self.searched
        let length = self.unread.withUnsafeReadableBytes { bytes in
            (searched..<bytes.count).first { bytes[$0] == Self.lineFeed || bytes[$0] == Self.carriageReturn }
        }
        guard let length, let line = self.unread.readSlice(length: length), let end: UInt8 = self.unread.readInteger()
        else {
            self.searched = self.unread.readableBytes
            return nil
        }
        self.searched = 0
        self.followsCarriageReturn = end == Self.carriageReturn
        return line
    }

    private mutating func read(_ line: ByteBuffer) {
        let bytes = line.readableBytesView
        guard bytes.starts(with: Self.field) else { return }
        var value = bytes.dropFirst(Self.field.count)
        if let colon = value.first {
            // Another field, whose name only begins like this one.
            guard colon == UInt8(ascii: ":") else { return }
            value = value.dropFirst()
            if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        }
        if self.hasData { self.data.writeInteger(Self.lineFeed) }
        self.data.writeBytes(value)
        self.hasData = true
    }

    private static let field = Array("data".utf8)
}
