// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import FuzzSupport
import NIOCore

/// What came out of a payload.
struct Outcome: Equatable {
    var packets: [EnginePacket] = []
    var error: EngineIOError?

    init(_ body: ByteBuffer, resumable: Bool, maxPackets: Int) {
        do throws(EngineIOError) {
            var iterator = try EnginePayloadIterator(body, resumable: resumable, maxPackets: maxPackets)
            do throws(EngineIOError) {
                while let packet = try iterator.next() { packets.append(packet) }
            } catch {
                self.error = error
            }
            let rest = try iterator.next()
            check(rest == nil, "more after the end: \(String(describing: rest))")
        } catch {
            self.error = error
        }
    }

    /// The same by the plainest means: split, then decode each.
    init(splitting bytes: [UInt8], resumable: Bool, maxPackets: Int) {
        guard isUTF8(bytes) else {
            error = .parseError("invalid UTF-8")
            return
        }
        do throws(EngineIOError) {
            for packet in bytes.split(separator: 0x1E, omittingEmptySubsequences: false) {
                guard packets.count < maxPackets else { throw .parseError("too many packets in a payload") }
                packets.append(try .decodePollingPacket(ByteBuffer(bytes: packet), resumable: resumable))
            }
        } catch {
            self.error = error
        }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    for (resumable, maxPackets) in [(false, 100_000), (true, 100_000), (true, 3)] {
        let outcome = Outcome(input.slice, resumable: resumable, maxPackets: maxPackets)
        let expected = Outcome(splitting: input.bytes, resumable: resumable, maxPackets: maxPackets)
        check(outcome == expected, "\(outcome) instead of \(expected)")
        guard !outcome.packets.isEmpty else { continue }

        var written = ByteBuffer()
        for (index, packet) in outcome.packets.enumerated() {
            if index > 0 { EnginePacket.writeSeparator(into: &written) }
            packet.writePolling(into: &written, resumable: resumable)
        }
        let again = Outcome(written, resumable: resumable, maxPackets: maxPackets)
        let isAlike = again.packets == outcome.packets && again.error == nil
        check(isAlike, "written again: \(again) instead of \(outcome)")
    }
    return 0
}
