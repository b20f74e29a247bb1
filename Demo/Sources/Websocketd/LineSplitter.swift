// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Cuts a process's output into lines, which end with `\n` or `\r\n`; the last one needs no end. What is not UTF-8 in a
/// line is replaced.
///
/// Subprocess has `strings()` for this. It makes an asynchronous call for each byte, and one line at a time, so that each
/// would have to hop to the event loop by itself.
struct LineSplitter {
    struct LineTooLong: Error {}

    private let limit: Int
    private var rest = ByteBuffer()

    /// - Parameter limit: how many bytes a line may have, without its end.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes output, and returns the lines that are whole now.
    mutating func feed(_ bytes: some Collection<UInt8>) throws(LineTooLong) -> [ByteBuffer] {
        var lines: [ByteBuffer] = []
        // What was left from before has no end of a line in it.
        var searched = self.rest.readableBytes
        self.rest.writeBytes(bytes)
        while let length = self.lengthOfLine(after: searched) {
            guard let line = self.rest.readSlice(length: length) else { break }
            self.rest.moveReaderIndex(forwardBy: 1)
            lines.append(try self.text(of: line))
            searched = 0
        }
        // One byte more may be the `\r` of a line's end.
        guard self.rest.readableBytes <= self.limit + 1 else { throw LineTooLong() }
        self.rest.discardReadBytes()
        return lines
    }

    /// The output is over: returns the line that has no end, if there is one.
    mutating func finish() throws(LineTooLong) -> ByteBuffer? {
        guard self.rest.readableBytes > 0 else { return nil }
        defer { self.rest.clear() }
        return try self.text(of: self.rest)
    }

    private func lengthOfLine(after searched: Int) -> Int? {
        self.rest.withUnsafeReadableBytes { bytes in
            bytes[searched...].firstIndex(of: UInt8(ascii: "\n"))
        }
    }

    private func text(of line: ByteBuffer) throws(LineTooLong) -> ByteBuffer {
        var line = line
        if line.readableBytesView.last == UInt8(ascii: "\r") {
            line.moveWriterIndex(to: line.writerIndex - 1)
        }
        guard line.readableBytes <= self.limit else { throw LineTooLong() }
        return ByteBuffer(string: String(buffer: line))
    }
}
