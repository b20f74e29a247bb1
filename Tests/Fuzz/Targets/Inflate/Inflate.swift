// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import NIOCore
import WebSocketWire

/// What was negotiated, and how the connection behaves: the input's first byte.
struct Setup {
    let parameters: PerMessageDeflateParameters
    let configuration: PerMessageDeflateConfiguration
    /// Whether contexts are released between messages, as on a connection that falls idle.
    var releasesContexts: Bool
    let limit: Int

    init(_ options: UInt8) {
        let windowBits = options & 2 == 0 ? 15 : 9
        parameters = PerMessageDeflateParameters(
            serverNoContextTakeover: options & 1 != 0, clientNoContextTakeover: options & 1 != 0,
            serverMaxWindowBits: windowBits, clientMaxWindowBits: windowBits)
        configuration = PerMessageDeflateConfiguration(level: options & 16 == 0 ? 6 : 1)
        releasesContexts = options & 8 != 0
        limit = options & 4 == 0 ? 1 << 16 : 100
    }

    func inflater() -> Inflater { Inflater(parameters: parameters, role: .server, pool: DeflatePool()) }
}

/// Messages as they came out, and what ended them.
struct Outcome: Equatable {
    /// The last one is in part when there was an error.
    var messages: [ByteBuffer] = []
    var error: WebSocketError?

    /// - Parameter messages: the pieces of each message.
    init(_ messages: [[[UInt8]]], _ setup: Setup) {
        let inflater = setup.inflater()
        for pieces in messages where error == nil {
            var output = ByteBuffer()
            do throws(WebSocketError) {
                for piece in pieces {
                    try inflate(piece, with: inflater, into: &output, limit: setup.limit)
                    check(output.readableBytes <= setup.limit, "past the limit without an error")
                }
                try inflater.finishMessage(into: &output, limit: setup.limit)
                check(output.readableBytes <= setup.limit, "past the limit without an error")
            } catch {
                self.error = error
            }
            check(output.readableBytes <= setup.limit + 1, "the output went on past the limit")
            check(
                output.capacity <= max(4096, 4 * setup.limit), "\(output.capacity) bytes for a limit of \(setup.limit)")
            self.messages.append(output)
            if setup.releasesContexts { inflater.releaseContext() }
        }
    }

    private func inflate(
        _ piece: [UInt8], with inflater: Inflater, into output: inout ByteBuffer, limit: Int
    ) throws(WebSocketError) {
        var failure: WebSocketError?
        piece.withUnsafeBytes { bytes in
            do throws(WebSocketError) {
                try inflater.inflate(bytes, into: &output, limit: limit)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}

/// The messages of a stream of deflate data: each ends where a sender cuts 00 00 FF FF off (RFC 7692, 7.2.1).
func messages(of stream: [UInt8]) -> [[UInt8]] {
    var messages: [[UInt8]] = [[]]
    for byte in stream {
        messages[messages.count - 1].append(byte)
        if messages[messages.count - 1].suffix(4) == [0x00, 0x00, 0xFF, 0xFF] {
            messages[messages.count - 1].removeLast(4)
            messages.append([])
        }
    }
    return messages
}

/// Takes the input for what a peer sent compressed.
func inflateAnything(_ input: FuzzInput, _ setup: Setup) {
    let messages = messages(of: input.bytes)
    let whole = Outcome(messages.map { [$0] }, setup)
    let splits = messages.map { FuzzInput($0).splits }
    for way in 0..<3 {
        let outcome = Outcome(splits.map { $0[way] }, setup)
        check(outcome == whole, "cut in way \(way): \(outcome) instead of \(whole)")
    }
    var other = setup
    other.releasesContexts.toggle()
    let released = Outcome(messages.map { [$0] }, other)
    check(released == whole, "contexts released (\(other.releasesContexts)): \(released) instead of \(whole)")
}

/// Takes the input for the text of messages, which must come back from being compressed.
func compressAndInflate(_ input: FuzzInput, _ setup: Setup) {
    let pool = DeflatePool()
    let deflater = Deflater(
        parameters: setup.parameters, configuration: setup.configuration, role: .client, pool: pool)
    let inflater = setup.inflater()
    var generator = HashGenerator(input.bytes)
    for message in input.splits[2] {
        var compressed = ByteBuffer()
        must("compressing") {
            try message.withUnsafeBytes { bytes in
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    try SharedCompression.compress(
                        bytes, windowBits: deflater.windowBits, configuration: setup.configuration, pool: pool,
                        into: &compressed)
                    deflater.forgetHistory()
                } else {
                    try deflater.compress(bytes, into: &compressed)
                }
            }
        }
        check(compressed.readableBytes <= message.count + message.count / 8 + 1024, "more than a peer would take")
        var output = ByteBuffer()
        must("inflating what was compressed") {
            try compressed.withUnsafeReadableBytes { try inflater.inflate($0, into: &output, limit: message.count) }
            try inflater.finishMessage(into: &output, limit: message.count)
        }
        check(output.readableBytesView.elementsEqual(message), "another message came back")
        if setup.releasesContexts {
            inflater.releaseContext()
            deflater.releaseContext()
        }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let setup = Setup(input.takeOptions())
    inflateAnything(input, setup)
    compressAndInflate(input, setup)
    return 0
}
