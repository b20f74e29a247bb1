// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import Foundation
import FuzzSupport
import NIOCore

/// The data of the one event that a `text/event-stream` must hold, read as the HTML standard has it (9.2.6).
func eventData(_ stream: ByteBuffer) -> ByteBuffer {
    var lines = Array(stream.readableBytesView).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    check(!stream.readableBytesView.contains(UInt8(ascii: "\r")), "a CR ends a line too")
    check(lines.suffix(2).allSatisfy(\.isEmpty), "the event is not ended")
    lines.removeLast(2)
    var data: [UInt8] = []
    for (index, line) in lines.enumerated() {
        check(
            line.starts(with: Array("data: ".utf8)), "a line that is not data: \(String(decoding: line, as: UTF8.self))"
        )
        if index > 0 { data.append(UInt8(ascii: "\n")) }
        data += line.dropFirst(6)
    }
    return ByteBuffer(bytes: data)
}

/// The text with every line end as LF.
func normalized(_ text: ByteBuffer) -> ByteBuffer {
    var bytes: [UInt8] = []
    var previous: UInt8 = 0
    for byte in text.readableBytesView {
        if byte == UInt8(ascii: "\n"), previous == UInt8(ascii: "\r") {
            previous = byte
            continue
        }
        bytes.append(byte == UInt8(ascii: "\r") ? UInt8(ascii: "\n") : byte)
        previous = byte
    }
    return ByteBuffer(bytes: bytes)
}

/// What a receiver of an event stream gets: line ends normalised, except in the messages of a lossless session.
func afterEventStream(_ packet: EnginePacket, resumable: Bool) -> EnginePacket {
    switch packet {
    case .text(let text): resumable ? packet : .text(normalized(text))
    case .open(let rest): .open(normalized(rest))
    case .close(let rest): .close(normalized(rest))
    case .ping(let rest): .ping(normalized(rest))
    case .pong(let rest): .pong(normalized(rest))
    case .noop(let rest): .noop(normalized(rest))
    case .binary, .upgrade: packet
    }
}

func checkOpen(_ json: ByteBuffer) {
    guard let open = try? EngineOpen(json: json) else { return }
    var written = ByteBuffer()
    open.writeJSON(into: &written)
    check((try? EngineOpen(json: written)) == open, "written again: \(String(buffer: written))")
    let object = try? JSONSerialization.jsonObject(with: Data(written.readableBytesView)) as? [String: Any]
    check(object?["sid"] as? String == open.sid, "not JSON: \(String(buffer: written))")
}

/// Base64 that both take is the same bytes, and ours is taken by Foundation.
func checkBase64(_ bytes: ByteBuffer, from text: ByteBuffer) {
    let theirs = Data(base64Encoded: Data(text.readableBytesView.dropFirst()))
    check(
        theirs.map { $0.elementsEqual(bytes.readableBytesView) } ?? false,
        "Foundation reads \(String(describing: theirs))")
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    let text = input.slice
    let plain = try? EnginePacket.decode(text: text)
    check((try? EnginePacket.decodePollingPacket(text, resumable: false)) == plain, "polling differs from WebSocket")
    // The transports check UTF-8 before: what is not has no meaning that could be kept.
    guard isUTF8(input.bytes) else { return 0 }

    for resumable in [false, true] {
        guard let packet = try? EnginePacket.decodePollingPacket(text, resumable: resumable) else {
            check(plain == nil, "refused when resumable: \(String(describing: plain))")
            continue
        }
        var written = ByteBuffer()
        packet.writePolling(into: &written, resumable: resumable)
        check((try? EnginePacket.decodePollingPacket(written, resumable: resumable)) == packet, "polling: \(written)")

        var stream = ByteBuffer()
        packet.writeEventStream(into: &stream, resumable: resumable)
        let received = try? EnginePacket.decodePollingPacket(eventData(stream), resumable: resumable)
        check(received == afterEventStream(packet, resumable: resumable), "event stream: \(stream)")

        switch packet {
        case .open(let json): checkOpen(json)
        case .binary(let bytes): checkBase64(bytes, from: text)
        default: break
        }
    }
    if let plain {
        var written = ByteBuffer()
        plain.writeText(into: &written)
        check((try? EnginePacket.decode(text: written)) == plain, "WebSocket: \(written)")
    }
    return 0
}
