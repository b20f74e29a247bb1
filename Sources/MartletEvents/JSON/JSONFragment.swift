// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
internal import NIOCore

/// What all fragments of one argument share.
final class JSONEncodingContext {
    // `@exclusivity(unchecked)`: see LoopContext. Here it is one call of `encode` that everything belongs to.
    @exclusivity(unchecked) var attachments: [ByteBuffer]
    /// The first misuse of a container by a method that cannot throw; thrown when the argument is complete.
    var misuse: EncodingError?

    init(attachments: [ByteBuffer]) {
        self.attachments = attachments
    }
}

/// JSON text being written by the encoders and containers that refer to it.
///
/// Values are written straight through, for the value inside is complete when its `encode(to:)` returns. Only nested
/// containers and super encoders may be filled while their parent goes on: each gets a fragment of its own, and the
/// parent a hole where it goes.
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

    /// What is known of the value being written.
    struct Level {
        var kind = Kind.none
        var count = 0
        /// Tells a container whether the value that it belongs to is still the one being written.
        var serial = 0
    }

    /// Where the text can be cut back to when a value throws half-way.
    struct Mark {
        fileprivate var count: Int
        fileprivate var holes: Int
        fileprivate var attachments: Int
        fileprivate var steps: Int
        fileprivate(set) var level: Level
    }

    let context: JSONEncodingContext
    // `@exclusivity(unchecked)`: see JSONEncodingContext.
    @exclusivity(unchecked) var steps: [Step]
    @exclusivity(unchecked) var level: Level
    /// Whether the value that was closed last encoded nothing.
    @exclusivity(unchecked) var isEmptyValue = false
    @exclusivity(unchecked) private var lastSerial = 0
    @exclusivity(unchecked) private var bytes: UnsafeMutablePointer<UInt8>
    @exclusivity(unchecked) private var count = 0
    @exclusivity(unchecked) private var capacity: Int
    @exclusivity(unchecked) private var holes: [(offset: Int, content: JSONFragment)] = []

    init(context: JSONEncodingContext, steps: [Step] = [], capacity: Int = 256) {
        self.context = context
        self.steps = steps
        self.capacity = capacity
        level = Level()
        bytes = .allocate(capacity: capacity)
    }

    deinit {
        bytes.deallocate()
    }

    var path: [any CodingKey] { steps.map(\.key) }

    /// Where the next byte goes, if there is room for it.
    @inline(__always)
    var end: UnsafeMutablePointer<UInt8> { bytes + count }

    @inline(__always)
    func makeRoom(for size: Int) {
        if capacity - count < size { grow(by: size) }
    }

    /// Takes in bytes that were written at the end.
    @inline(__always)
    func advance(by size: Int) {
        count += size
    }

    /// Room for at least this many bytes more; how many of them were written, `body` returns.
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
        capacity = max(capacity * 2, count + size)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: bytes, count: count)
        bytes.deallocate()
        bytes = larger
    }

    /// A new level for the value of a field or element, which starts here.
    @inline(__always)
    func nextLevel() -> Level {
        lastSerial += 1
        return Level(serial: lastSerial)
    }

    @inline(__always)
    var mark: Mark {
        Mark(
            count: count, holes: holes.count, attachments: context.attachments.count, steps: steps.count, level: level
        )
    }

    /// Forgets what was written since the mark, so that a type may catch the error and encode something else.
    func rollBack(to mark: Mark) {
        count = mark.count
        holes.removeLast(holes.count - mark.holes)
        context.attachments.removeLast(context.attachments.count - mark.attachments)
        steps.removeLast(steps.count - mark.steps)
        level = mark.level
    }

    /// A fragment whose text will stand here.
    func makeHole(at step: Step, kind: Kind) -> JSONFragment {
        let fragment = JSONFragment(context: context, steps: steps + [step], capacity: 64)
        if kind != .none { fragment.open(kind) }
        holes.append((count, fragment))
        return fragment
    }

    /// A fragment whose text stands nowhere, for containers that misuse obtained.
    func makeDetached() -> JSONFragment {
        JSONFragment(context: context, steps: steps, capacity: 64)
    }

    @inline(__always)
    func open(_ kind: Kind) {
        level.kind = kind
        write(kind == .object ? JSONByte.openBrace : JSONByte.openBracket)
    }

    /// Ends the value being written. One that encoded nothing is an empty object, as in Foundation.
    @inline(__always)
    func close() {
        switch level.kind {
        case .single: break
        case .object: write(JSONByte.closeBrace)
        case .array: write(JSONByte.closeBracket)
        case .none:
            write(JSONByte.openBrace)
            write(JSONByte.closeBrace)
        }
    }

    /// Appends the text, its holes filled. The value of this fragment must be closed.
    func append(to buffer: inout ByteBuffer) {
        var start = 0
        for hole in holes {
            buffer.writeBytes(UnsafeRawBufferPointer(start: bytes + start, count: hole.offset - start))
            hole.content.close()
            hole.content.append(to: &buffer)
            start = hole.offset
        }
        buffer.writeBytes(UnsafeRawBufferPointer(start: bytes + start, count: count - start))
    }
}
