// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
internal import NIOCore

/// State that all fragments of one argument share.
final class JSONEncodingContext {
    // Unchecked: see LoopContext. Here all accesses belong to one call of `encode`.
    @exclusivity(unchecked) var attachments: [ByteBuffer]
    /// The first misuse of a container by a method that cannot throw; thrown when the argument is complete.
    var misuse: EncodingError?
    let options: JSONOptions?
    // What is asked for each value, apart from the options, so that the default needs no reference counting.
    let hasOptions: Bool
    let convertsKeys: Bool

    init(attachments: [ByteBuffer], _ options: JSONOptions?) {
        self.attachments = attachments
        self.options = options
        self.hasOptions = options != nil
        self.convertsKeys = options?.convertsKeys ?? false
    }
}

/// JSON text that encoders and containers are writing.
///
/// Values are written in order, because an inner value is complete when its `encode(to:)` returns. Only nested
/// containers and super encoders may still be filled while their parent goes on: each of them gets a fragment of its
/// own, and the parent gets a hole at its place.
final class JSONFragment {
    enum Kind {
        case none, single, object, array
    }

    /// A step of the coding path.
    enum Step {
        case key(any CodingKey)
        case index(Int)

        var key: any CodingKey {
            switch self {
            case .key(let key): key
            case .index(let index): JSONCodingKey.index(index)
            }
        }
    }

    /// The state of the value being written.
    struct Level {
        var kind = Kind.none
        var count = 0
        /// Tells a container whether the value that it belongs to is still the one being written.
        var serial = 0
    }

    /// A point to which the text can be cut back when a value throws half-way.
    struct Mark {
        fileprivate var count: Int
        fileprivate var holes: Int
        fileprivate var attachments: Int
        fileprivate var steps: Int
        fileprivate(set) var level: Level
    }

    let context: JSONEncodingContext
    // Unchecked: see JSONEncodingContext.
    @exclusivity(unchecked) var state: State

    struct State {
        var steps: [Step]
        var level = Level()
        /// Whether the value that was closed last encoded nothing.
        var isEmptyValue = false
        /// Whether the keys of the value being written are converted to snake case.
        var convertsKeys = false
        fileprivate var lastSerial = 0
        fileprivate var bytes: UnsafeMutablePointer<UInt8>
        fileprivate var count = 0
        fileprivate var capacity: Int
        fileprivate var holes: [(offset: Int, content: JSONFragment)] = []
    }

    init(context: JSONEncodingContext, steps: [Step] = [], capacity: Int = 256) {
        self.context = context
        state = State(steps: steps, bytes: .allocate(capacity: capacity), capacity: capacity)
        state.convertsKeys = context.convertsKeys
    }

    deinit {
        state.bytes.deallocate()
    }

    var path: [any CodingKey] { state.steps.map(\.key) }

    /// Where the next byte goes, if there is room for it.
    @inline(__always)
    var end: UnsafeMutablePointer<UInt8> { state.bytes + state.count }

    @inline(__always)
    func makeRoom(for size: Int) {
        if state.capacity - state.count < size { grow(by: size) }
    }

    /// Counts bytes that were written at the end.
    @inline(__always)
    func advance(by size: Int) {
        state.count += size
    }

    /// Makes room for this many bytes. `body` writes them and returns how many it has written.
    @inline(__always)
    func write(atMost size: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        makeRoom(for: size)
        advance(by: body(end))
    }

    @inline(__always)
    func write(_ byte: UInt8) {
        makeRoom(for: 1)
        end.pointee = byte
        advance(by: 1)
    }

    @inline(never)
    private func grow(by size: Int) {
        state.capacity = max(state.capacity * 2, state.count + size)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: state.capacity)
        larger.update(from: state.bytes, count: state.count)
        state.bytes.deallocate()
        state.bytes = larger
    }

    /// A new level for the value of a field or element, which starts here.
    @inline(__always)
    func nextLevel() -> Level {
        state.lastSerial += 1
        return Level(serial: state.lastSerial)
    }

    @inline(__always)
    var mark: Mark {
        Mark(
            count: state.count, holes: state.holes.count, attachments: context.attachments.count,
            steps: state.steps.count, level: state.level
        )
    }

    /// Removes everything written since the mark, so that a type can catch the error and encode something else.
    func rollBack(to mark: Mark) {
        state.count = mark.count
        state.holes.removeLast(state.holes.count - mark.holes)
        context.attachments.removeLast(context.attachments.count - mark.attachments)
        state.steps.removeLast(state.steps.count - mark.steps)
        state.level = mark.level
    }

    /// Makes a fragment whose text will be inserted here.
    func makeHole(at step: Step, kind: Kind) -> JSONFragment {
        let fragment = JSONFragment(context: context, steps: state.steps + [step], capacity: 64)
        if kind != .none { fragment.open(kind) }
        state.holes.append((state.count, fragment))
        return fragment
    }

    /// Makes a fragment whose text is discarded, for containers that are obtained by misuse.
    func makeDetached() -> JSONFragment {
        JSONFragment(context: context, steps: state.steps, capacity: 64)
    }

    @inline(__always)
    func open(_ kind: Kind) {
        state.level.kind = kind
        write(kind == .object ? JSONByte.openBrace : JSONByte.openBracket)
    }

    /// Writes binary data in place of an array that was just opened, and thereby completes the value.
    func replaceArray(withBinary binary: ByteBuffer) {
        state.count -= 1
        write(binary: binary)
        state.level.kind = .single
        state.level.serial = -1
    }

    /// Ends the value being written. A value that encoded nothing becomes an empty object, as in Foundation.
    @inline(__always)
    func close() {
        switch state.level.kind {
        case .single: break
        case .object: write(JSONByte.closeBrace)
        case .array: write(JSONByte.closeBracket)
        case .none:
            write(JSONByte.openBrace)
            write(JSONByte.closeBrace)
        }
    }

    /// Appends the text with its holes filled. The value of this fragment must be closed.
    func append(to buffer: inout ByteBuffer) {
        var start = 0
        for hole in state.holes {
            buffer.writeBytes(UnsafeRawBufferPointer(start: state.bytes + start, count: hole.offset - start))
            hole.content.close()
            hole.content.append(to: &buffer)
            start = hole.offset
        }
        buffer.writeBytes(UnsafeRawBufferPointer(start: state.bytes + start, count: state.count - start))
    }
}
