// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Bytes that encoders and containers are writing.
///
/// Values are written in order, because an inner value is complete when its `encode(to:)` returns. Only nested
/// containers and super encoders may still be filled while their parent goes on: each of them gets a fragment of its
/// own, and the parent gets a hole at its place.
final class MessagePackFragment {
    enum Kind {
        case none, single, map, array
    }

    /// State that all fragments of one value share.
    final class Context {
        /// The first misuse of a container by a method that cannot throw; thrown when the value is complete.
        var misuse: EncodingError?
    }

    /// The state of the value being written.
    struct Level {
        var kind = Kind.none
        /// How many elements or members there are so far.
        var count = 0
        /// Tells a container whether the value that it belongs to is still the one being written.
        var serial = 0
        /// Where the head of an array or map is.
        var head = 0
    }

    /// A point to which the bytes can be cut back when a value throws half-way.
    struct Mark {
        fileprivate var count: Int
        fileprivate var holes: Int
        fileprivate var steps: Int
        fileprivate(set) var level: Level
    }

    let context: Context
    var state: State

    struct State {
        var steps: [MessagePackStep]
        var level = Level()
        /// Whether the value that was closed last encoded nothing.
        var isEmptyValue = false
        fileprivate var lastSerial = 0
        fileprivate var bytes: ByteBuffer
        fileprivate var holes: [(offset: Int, content: MessagePackFragment)] = []
    }

    init(_ context: Context, steps: [MessagePackStep] = [], capacity: Int = 256) {
        self.context = context
        self.state = State(steps: steps, bytes: ByteBufferAllocator().buffer(capacity: capacity))
    }

    var path: [any CodingKey] { self.state.steps.map(\.key) }

    // MARK: Writing

    /// Appends what `body` writes with the functions of ``MessagePackOutput``.
    @inline(__always)
    func write(_ body: (UnsafeMutableRawPointer) -> Int) {
        self.state.bytes.writeMessagePack(body)
    }

    func write(string: String) {
        self.state.bytes.writeMessagePack(string: string)
    }

    /// Writes a key of the open map.
    func write(key: String) {
        self.state.level.count += 1
        self.write(string: key)
    }

    func write(binary: ByteBuffer) {
        self.write { MessagePackOutput.writeHead(ofBinary: binary.readableBytes, to: $0) }
        self.state.bytes.writeImmutableBuffer(binary)
    }

    // MARK: Levels

    /// A new level for the value of a field or element, which starts here.
    func nextLevel() -> Level {
        self.state.lastSerial += 1
        return Level(serial: self.state.lastSerial)
    }

    /// Begins an array or map. Its head is written when the number of elements is known; until then one byte, enough
    /// for up to 15, keeps its place.
    func open(_ kind: Kind) {
        self.state.level.kind = kind
        self.state.level.head = self.state.bytes.writerIndex
        self.write { MessagePackOutput.write(byte: 0, to: $0) }
    }

    /// Writes binary data in place of an array that was just opened, and thereby completes the value.
    func replaceArray(withBinary binary: ByteBuffer) {
        self.state.bytes.moveWriterIndex(to: self.state.level.head)
        self.write(binary: binary)
        self.state.level.kind = .single
        self.state.level.serial = -1
    }

    /// Ends the value being written. A value that encoded nothing becomes an empty map, as in Foundation.
    func close() {
        switch self.state.level.kind {
        case .single: break
        case .array, .map: self.writeHead(self.state.level)
        case .none: self.write { MessagePackOutput.writeHead(ofMap: 0, to: $0) }
        }
    }

    private func writeHead(_ level: Level) {
        var head = ByteBuffer()
        head.writeMessagePack {
            level.kind == .map
                ? MessagePackOutput.writeHead(ofMap: level.count, to: $0)
                : MessagePackOutput.writeHead(ofArray: level.count, to: $0)
        }
        let growth = head.readableBytes - 1
        if growth > 0 {
            let start = level.head + 1
            let length = self.state.bytes.writerIndex - start
            self.state.bytes.writeRepeatingByte(0, count: growth)
            self.state.bytes.withUnsafeMutableReadableBytes { bytes in
                guard let body = bytes.baseAddress.map({ $0 + start }) else { return }
                (body + growth).copyMemory(from: body, byteCount: length)
            }
            for index in self.state.holes.indices where self.state.holes[index].offset > level.head {
                self.state.holes[index].offset += growth
            }
        }
        self.state.bytes.setBuffer(head, at: level.head)
    }

    // MARK: Going back, and holes

    var mark: Mark {
        Mark(
            count: self.state.bytes.writerIndex, holes: self.state.holes.count, steps: self.state.steps.count,
            level: self.state.level
        )
    }

    /// Removes everything written since the mark, so that a type can catch the error and encode something else.
    func rollBack(to mark: Mark) {
        self.state.bytes.moveWriterIndex(to: mark.count)
        self.state.holes.removeLast(self.state.holes.count - mark.holes)
        self.state.steps.removeLast(self.state.steps.count - mark.steps)
        self.state.level = mark.level
    }

    /// Makes a fragment whose bytes will be inserted here.
    func makeHole(at step: MessagePackStep, kind: Kind) -> MessagePackFragment {
        let fragment = MessagePackFragment(self.context, steps: self.state.steps + [step], capacity: 64)
        if kind != .none { fragment.open(kind) }
        self.state.holes.append((self.state.bytes.writerIndex, fragment))
        return fragment
    }

    /// Makes a fragment whose bytes are discarded, for containers that are obtained by misuse.
    func makeDetached(_ kind: Kind) -> MessagePackFragment {
        if self.context.misuse == nil { self.context.misuse = self.misuse() }
        let fragment = MessagePackFragment(self.context, steps: self.state.steps, capacity: 64)
        if kind != .none { fragment.open(kind) }
        return fragment
    }

    func misuse() -> EncodingError {
        .invalidValue(
            self.path.last?.stringValue ?? "",
            .init(
                codingPath: self.path,
                debugDescription: "A value was encoded twice, in two kinds of containers, or after its encode(to:)."
            )
        )
    }

    /// Appends the bytes with their holes filled. The value of this fragment must be closed.
    func append(to buffer: inout ByteBuffer) {
        var rest = self.state.bytes
        for hole in self.state.holes {
            if let part = rest.readSlice(length: hole.offset - rest.readerIndex) { buffer.writeImmutableBuffer(part) }
            hole.content.close()
            hole.content.append(to: &buffer)
        }
        buffer.writeImmutableBuffer(rest)
    }
}
