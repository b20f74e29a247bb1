// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A coding in which an HTTP answer's body may be compressed (RFC 9110, 8.4.1).
package enum ContentCoding: String, Sendable {
    case gzip
    case deflate

    /// The coding that a client prefers, by the values of its `Accept-Encoding` (RFC 9110, 12.5.3): the one with the
    /// higher weight, gzip where both have the same; `nil`: the client accepts neither.
    package static func preferred(by values: [String]) -> ContentCoding? {
        var weights: (gzip: Int?, deflate: Int?, any: Int?)
        for element in values.lazy.flatMap({ $0[...].utf8.split(separator: UInt8(ascii: ",")) }) {
            let parts = element.split(separator: UInt8(ascii: ";")).map(Self.trimmed)
            guard let coding = parts.first else { continue }
            let weight = Self.weight(of: parts.dropFirst())
            switch coding {
            case "gzip", "x-gzip": weights.gzip = weight
            case "deflate": weights.deflate = weight
            case "*": weights.any = weight
            default: break
            }
        }
        let gzip = weights.gzip ?? weights.any ?? 0
        let deflate = weights.deflate ?? weights.any ?? 0
        if gzip == 0, deflate == 0 { return nil }
        return gzip >= deflate ? .gzip : .deflate
    }

    /// The text in lower case and without blanks, which neither a coding nor a weight contains.
    private static func trimmed(_ text: Substring.UTF8View) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return String(decoding: text.filter { !isBlank($0) }, as: UTF8.self).lowercased()
    }

    /// `q=0.5` in thousandths; 0 for what is no weight.
    private static func weight(of parameters: ArraySlice<String>) -> Int {
        guard let parameter = parameters.first(where: { $0.hasPrefix("q=") }) else { return 1000 }
        guard let value = Double(parameter.dropFirst(2)), 0...1 ~= value else { return 0 }
        return Int(value * 1000)
    }
}

extension DeflatePool {
    /// Compresses a whole body.
    /// - Parameter level: zlib's effort, 1 (fast) … 9 (small); a value out of range becomes the nearest in range.
    /// - Returns: `nil` when there is no memory for a context.
    package func compress(_ body: ByteBuffer, as coding: ContentCoding, level: Int) -> ByteBuffer? {
        let recipe = DeflateContext.Recipe(
            windowBits: 15, level: min(max(level, 1), 9), memLevel: 8, wrapper: coding == .gzip ? .gzip : .zlib)
        guard let context = try? self.borrowDeflater(recipe) else { return nil }
        defer { self.giveBack(context) }
        var output = ByteBuffer()
        body.withUnsafeReadableBytes { context.compressWhole($0, into: &output) }
        return output
    }
}
