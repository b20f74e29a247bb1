// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import NIOCore
import WebSocketWire

/// How a connection was set up: the input's first byte.
struct Setup {
    let role: WebSocketRole
    let limits: WebSocketLimits
    /// Nil when no compression was negotiated.
    let deflate: PerMessageDeflateParameters?

    init(_ options: UInt8) {
        role = options & 1 == 0 ? .server : .client
        limits =
            options & 8 == 0
            ? WebSocketLimits(maxMessageBytes: 1 << 16, maxFragments: 1000)
            : WebSocketLimits(maxMessageBytes: 48, maxFragments: 3)
        let takesNoContextOver = options & 4 != 0
        deflate =
            options & 2 == 0
            ? nil
            : PerMessageDeflateParameters(
                serverNoContextTakeover: takesNoContextOver, clientNoContextTakeover: takesNoContextOver)
    }

    func inflater() -> Inflater? {
        deflate.map { Inflater(parameters: $0, role: role, pool: DeflatePool()) }
    }
}

/// What came out of a decoder.
struct Outcome: Equatable {
    var events: [WebSocketEvent] = []
    var error: WebSocketError?

    init(_ pieces: [[UInt8]], _ setup: Setup) {
        var decoder = WebSocketDecoder(role: setup.role, limits: setup.limits, inflater: setup.inflater())
        var scratch = ByteBuffer()
        do throws(WebSocketError) {
            for piece in pieces {
                decoder.feed(ByteBuffer(bytes: piece))
                while let event = try decoder.next(into: &scratch) { events.append(event) }
            }
        } catch {
            self.error = error
        }
        let hasClosed = if case .close = events.last { true } else { false }
        check(decoder.isFinished == (hasClosed || error != nil), "finished without a reason, or not with one")
    }
}

/// What holds of every event, whatever came.
func checkBounds(_ event: WebSocketEvent, _ limits: WebSocketLimits) {
    switch event {
    case .text(let text):
        check(isUTF8(text.readableBytesView), "text is not UTF-8")
        check(text.readableBytes <= limits.maxMessageBytes, "text past the limit")
    case .binary(let bytes): check(bytes.readableBytes <= limits.maxMessageBytes, "binary past the limit")
    case .ping(let payload), .pong(let payload): check(payload.readableBytes <= 125, "long control frame")
    case .close(let code, let reason):
        check(reason.utf8.count <= 123, "long reason")
        check(code?.isValidOnWire ?? reason.isEmpty, "a code that cannot be on the wire")
    }
}

/// The events as the other side would send them, compressed when that was negotiated.
func encode(_ events: [WebSocketEvent], _ setup: Setup) -> [UInt8] {
    let mask = setup.role == .server ? WebSocketMask(key: 0xA1B2_C3D4) : nil
    let deflater = setup.deflate.map {
        Deflater(
            parameters: $0, configuration: .init(), role: setup.role == .server ? .client : .server, pool: DeflatePool()
        )
    }
    var frames = ByteBuffer()
    func writeMessage(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        var compressed = ByteBuffer()
        if let deflater {
            must("compressing") { try payload.withUnsafeReadableBytes { try deflater.compress($0, into: &compressed) } }
        }
        WebSocketFrame.write(
            opcode: opcode, rsv1: deflater != nil, payload: deflater == nil ? payload : compressed, mask: mask,
            into: &frames)
    }
    for event in events {
        switch event {
        case .text(let text): writeMessage(.text, text)
        case .binary(let bytes): writeMessage(.binary, bytes)
        case .ping(let payload): WebSocketFrame.writePing(payload, mask: mask, into: &frames)
        case .pong(let payload): WebSocketFrame.writePong(payload, mask: mask, into: &frames)
        case .close(let code, let reason): WebSocketFrame.writeClose(code, reason: reason, mask: mask, into: &frames)
        }
    }
    return Array(frames.readableBytesView)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let setup = Setup(input.takeOptions())
    let whole = Outcome([input.bytes], setup)
    for event in whole.events { checkBounds(event, setup.limits) }
    for split in input.splits {
        let outcome = Outcome(split, setup)
        check(outcome == whole, "cut at \(split.map(\.count)): \(outcome) instead of \(whole)")
    }
    let again = Outcome([encode(whole.events, setup)], setup)
    check(again.events == whole.events && again.error == nil, "sent again: \(again) instead of \(whole.events)")
    return 0
}
