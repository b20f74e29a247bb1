// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What stands at the top of a JSON text.
package enum JSONKind: Equatable, Sendable {
    case object, array, string, number, bool, null
}

/// Why a text is not taken as JSON.
package enum JSONFault: Error, Equatable, Sendable {
    /// Not RFC 8259's grammar.
    case malformed
    /// Deeper than the limit.
    case tooDeep
}

/// Checks a JSON text against RFC 8259 in one pass, without recursion, and notes where the elements of an array at
/// its top begin and end. It parses no value: that is left to who wants it. UTF-8 is checked before, by the transport.
package struct JSONScanner {
    /// How many arrays and objects may be open at once.
    package static let defaultMaxDepth = 512

    /// Checks `text` whole, white space around it included.
    /// - Returns: what the text is.
    package static func validate(
        _ text: ByteBuffer,
        maxDepth: Int = defaultMaxDepth
    ) throws(JSONFault) -> JSONKind {
        var elements = ElementRanges()
        return try scan(text, maxDepth: maxDepth, elements: &elements)
    }

    /// Checks `array` whole, white space around it included.
    /// - Returns: the text of each of its elements, a slice without white space around it; none for what is no array.
    package static func elements(
        of array: ByteBuffer,
        maxDepth: Int = defaultMaxDepth
    ) throws(JSONFault) -> [ByteBuffer] {
        var elements = ElementRanges()
        _ = try scan(array, maxDepth: maxDepth, elements: &elements)
        return elements.slices(of: array)
    }

    /// Checks `text` whole; when it is an array, `elements` gets the range of each element from the text's start.
    static func scan(
        _ text: ByteBuffer,
        maxDepth: Int,
        elements: inout ElementRanges
    ) throws(JSONFault) -> JSONKind {
        let result: Result<JSONKind, JSONFault> = text.withUnsafeReadableBytes { bytes in
            JSONCursor.scan(bytes, maxDepth: maxDepth, elements: &elements)
        }
        return try result.get()
    }
}
