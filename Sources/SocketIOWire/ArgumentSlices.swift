// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The arguments of an event or acknowledgement, each still JSON text; nothing is parsed until somebody asks.
package struct ArgumentSlices: Sendable {
    private let payload: ByteBuffer
    private let elements: ElementRanges
    private let first: Int

    /// No arguments.
    package init() {
        self.init(payload: ByteBuffer(), elements: ElementRanges(), dropFirst: false)
    }

    init(payload: ByteBuffer, elements: ElementRanges, dropFirst: Bool) {
        self.payload = payload
        self.elements = elements
        self.first = dropFirst ? 1 : 0
    }

    /// Finds the elements of a JSON array, as for arguments that do not come from a packet.
    package init(array: ByteBuffer, maxDepth: Int = JSONScanner.defaultMaxDepth) throws(SocketIOError) {
        var elements = ElementRanges()
        let kind: JSONKind
        do throws(JSONFault) {
            kind = try JSONScanner.scan(array, maxDepth: maxDepth, elements: &elements)
        } catch {
            throw SocketIOError(error)
        }
        guard kind == .array else { throw .invalidPayload }
        self.init(payload: array, elements: elements, dropFirst: false)
    }
}

extension ArgumentSlices: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { elements.count - first }

    /// The JSON text of one argument, a slice without white space around it.
    ///
    /// As with an array, a position out of bounds is the caller's mistake. No peer and no user gets here with one: this
    /// type is the package's own, and its only reader, `SocketArguments`, compares each position with `count` first.
    package subscript(position: Int) -> ByteBuffer {
        precondition(position >= 0 && position < count, "there is no such argument")
        let range = elements[position + first]
        // The range was found within the payload, so there is always a slice.
        return payload.getSlice(at: payload.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}

extension SocketIOError {
    init(_ fault: JSONFault) {
        switch fault {
        case .malformed: self = .invalidPayload
        case .tooDeep: self = .nestingTooDeep
        }
    }
}
