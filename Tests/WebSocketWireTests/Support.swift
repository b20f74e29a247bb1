// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

/// What a decoder made of some input.
struct Decoded: Equatable {
    var events: [WebSocketEvent] = []
    var error: WebSocketError?

    /// Feeds `pieces` one after the other, through one scratch buffer as an event loop does.
    init(
        _ pieces: [[UInt8]], role: WebSocketRole = .server, limits: WebSocketLimits = .init(),
        deflate: PerMessageDeflateParameters? = nil
    ) {
        let pool = DeflatePool()
        let inflater = deflate.map { Inflater(parameters: $0, role: role, pool: pool) }
        var decoder = WebSocketDecoder(role: role, limits: limits, inflater: inflater)
        var scratch = ByteBuffer()
        do throws(WebSocketError) {
            for piece in pieces {
                decoder.feed(ByteBuffer(bytes: piece))
                while let event = try decoder.next(into: &scratch) { events.append(event) }
            }
        } catch {
            self.error = error
        }
    }

    init(events: [WebSocketEvent], error: WebSocketError? = nil) {
        self.events = events
        self.error = error
    }
}

/// Decodes `bytes` whole, cut in two at every place, and byte by byte, and expects the same each time.
/// Inputs past 600 bytes are cut at 600 places evenly spread.
@discardableResult
func decodeEverySplit(
    _ bytes: [UInt8], role: WebSocketRole = .server, limits: WebSocketLimits = .init(),
    deflate: PerMessageDeflateParameters? = nil, sourceLocation: SourceLocation = #_sourceLocation
) -> Decoded {
    let whole = Decoded([bytes], role: role, limits: limits, deflate: deflate)
    for cut in stride(from: 0, through: bytes.count, by: max(1, bytes.count / 600)) {
        let halves = [Array(bytes[..<cut]), Array(bytes[cut...])]
        let split = Decoded(halves, role: role, limits: limits, deflate: deflate)
        #expect(split == whole, "cut at \(cut)", sourceLocation: sourceLocation)
    }
    let dripped = Decoded(bytes.map { [$0] }, role: role, limits: limits, deflate: deflate)
    #expect(dripped == whole, "byte by byte", sourceLocation: sourceLocation)
    return whole
}

func hex(_ text: String) -> [UInt8] {
    text.split(separator: " ").compactMap { UInt8($0, radix: 16) }
}

extension WebSocketEvent {
    static func text(_ string: String) -> Self { .text(ByteBuffer(string: string)) }
    static func binary(_ bytes: [UInt8]) -> Self { .binary(ByteBuffer(bytes: bytes)) }
    static func ping(_ bytes: [UInt8]) -> Self { .ping(ByteBuffer(bytes: bytes)) }
    static func pong(_ bytes: [UInt8]) -> Self { .pong(ByteBuffer(bytes: bytes)) }
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// Text that compresses, with letters of one to four bytes.
    mutating func text(_ minimumBytes: Int) -> String {
        let words = ["lobby", "said ", "é", "漢字", "😀", "{\"author\":", "\u{0}", "martlet "]
        var text = ""
        while text.utf8.count < minimumBytes { text += words.randomElement(using: &self) ?? "" }
        return text
    }
}
