// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The kind of a JSON text's outermost value.
package enum JSONKind: Equatable, Sendable {
    case object, array, string, number, bool, null
}

/// Why a text is refused as JSON.
package enum JSONFault: Error, Equatable, Sendable {
    /// The text does not follow RFC 8259's grammar.
    case malformed
    /// The text is nested deeper than the limit.
    case tooDeep
}

/// Checks a JSON text against RFC 8259 in one pass, without recursion, and notes the ranges of the elements of an
/// outermost array. The scanner parses no values; the transport has already checked that the text is UTF-8.
package struct JSONScanner {
    /// How many arrays and objects may be open at once.
    package static let defaultMaxDepth = 512

    /// Checks all of `text`, including white space around the value.
    /// - Returns: the kind of the outermost value.
    package static func validate(
        _ text: ByteBuffer,
        maxDepth: Int = defaultMaxDepth
    ) throws(JSONFault) -> JSONKind {
        var elements = ElementRanges()
        return try scan(text, maxDepth: maxDepth, elements: &elements)
    }

    /// Checks all of `array`, including white space around the value.
    /// - Returns: the text of each element, a slice without white space around it; empty when the value is not an
    ///   array.
    package static func elements(
        of array: ByteBuffer,
        maxDepth: Int = defaultMaxDepth
    ) throws(JSONFault) -> [ByteBuffer] {
        var elements = ElementRanges()
        _ = try scan(array, maxDepth: maxDepth, elements: &elements)
        return elements.slices(of: array)
    }

    /// Checks all of `text`. If the value is an array, `elements` gets each element's range, counted from the text's
    /// start.
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
