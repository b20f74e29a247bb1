// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import NIOCore
import SocketIOWire

/// A whole packet: the text, then as many attachments as it announced.
func decode(_ text: ByteBuffer, maxDepth: Int = JSONScanner.defaultMaxDepth) throws(SocketIOError) -> SocketPacket {
    var decoder = SocketPacketDecoder(maxAttachments: 10, maxDepth: maxDepth)
    var packet = try decoder.text(text)
    var sent: [ByteBuffer] = []
    while decoder.isAwaitingAttachments {
        check(packet == nil && sent.count < 10, "more attachments than the limit")
        sent.append(ByteBuffer(string: "attachment \(sent.count)"))
        packet = try decoder.binary(sent[sent.count - 1])
    }
    guard let packet else { fatalError("no packet, and nothing outstanding") }
    check(packet.attachments == sent && packet.attachmentCount == sent.count, "other attachments")
    let refused: ()? = try? { _ = try decoder.binary(ByteBuffer()) }()
    check(refused == nil, "binary was taken that nobody had announced")
    return packet
}

func isJSON(_ text: ByteBuffer) -> Bool { (try? JSONScanner.validate(text)) != nil }

/// Written again from its parts, the packet is the same.
func checkRoundTrip(_ packet: SocketPacket) {
    var text = ByteBuffer()
    switch packet.type {
    case .event, .binaryEvent:
        guard let name = packet.eventName else { return check(packet.payload == nil, "an event without a name") }
        check(EventName(name.string) == name && EventName(name.string).hashValue == name.hashValue, "another name")
        check(!name.isReserved && !EventName.reserved.contains(name), "a reserved name")
        SocketPacketWriter.writeEvent(
            name.string, arguments: packet.arguments, attachments: packet.attachmentCount,
            namespace: packet.namespace, ackID: packet.ackID, into: &text)
    case .ack, .binaryAck:
        guard let id = packet.ackID, packet.payload != nil else { return }
        SocketPacketWriter.writeAck(
            id: id, arguments: packet.arguments, attachments: packet.attachmentCount, namespace: packet.namespace,
            into: &text)
    case .connect:
        guard packet.ackID == nil else { return }
        SocketPacketWriter.writeConnect(namespace: packet.namespace, auth: packet.payload, into: &text)
    case .disconnect, .connectError: return
    }
    let again = must("written again: \(String(buffer: text))") { try decode(text) }
    check(again.eventName == packet.eventName && again.ackID == packet.ackID, "\(String(buffer: text))")
    check(again.namespace == packet.namespace && again.attachments == packet.attachments, "\(String(buffer: text))")
    check(again.arguments.elementsEqual(packet.arguments), "\(String(buffer: text))")
    if packet.type == .connect { check(again.payload == packet.payload, "\(String(buffer: text))") }
}

/// Each argument is JSON by itself, and together they are what came.
func checkArguments(_ packet: SocketPacket) {
    let arguments = packet.arguments
    for (index, argument) in arguments.enumerated() {
        check(isJSON(argument), "not JSON: \(String(buffer: argument))")
        check(packet.argument(index) == argument, "another argument \(index)")
        check(packet.copyOfArgument(index) == Array(argument.readableBytesView), "another copy of \(index)")
    }
    var array = ByteBuffer(string: "[")
    array.writeBytes(packet.copyOfArguments(from: 0) ?? [])
    array.writeString("]")
    let again = must("joined: \(String(buffer: array))") { try JSONScanner.elements(of: array) }
    check(again.elementsEqual(arguments), "joined: \(String(buffer: array))")
}

/// Placeholders lie apart, name attachments that there are, and can be renumbered.
func checkPlaceholders(_ packet: SocketPacket) {
    guard let payload = packet.payload else { return }
    let placeholders = Placeholder.find(in: payload)
    var end = 0
    for placeholder in placeholders {
        check(
            placeholder.range.lowerBound >= end && placeholder.range.upperBound <= payload.readableBytes, "out of place"
        )
        end = placeholder.range.upperBound
        let object = payload.getSlice(
            at: payload.readerIndex + placeholder.range.lowerBound, length: placeholder.range.count)
        check((try? object.map { try JSONScanner.validate($0) }) == .object, "a placeholder that is no object")
        guard packet.type.isBinary else { continue }
        check(placeholder.index.map { $0 < packet.attachmentCount } ?? false, "an attachment that there is not")
    }
    var rewritten = ByteBuffer()
    SocketPacketWriter.rewritePlaceholders(
        payload, attachmentCount: packet.attachmentCount, offset: 7, into: &rewritten)
    check(isJSON(rewritten), "renumbered: \(String(buffer: rewritten))")
    let expected = placeholders.compactMap(\.index).filter { $0 < packet.attachmentCount }.map { $0 + 7 }
    check(Placeholder.find(in: rewritten).map(\.index) == expected, "renumbered: \(String(buffer: rewritten))")
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    let decoded = Result { () throws(SocketIOError) in try decode(input.slice) }
    let shallow = Result { () throws(SocketIOError) in try decode(input.slice, maxDepth: 3) }
    switch (decoded, shallow) {
    case (.success, .success), (.success, .failure(.nestingTooDeep)), (.failure, .failure): break
    default: check(false, "the depth decides more than itself: \(decoded), \(shallow)")
    }
    // The transport has checked UTF-8: what is not has no meaning that could be kept.
    guard isUTF8(input.bytes), case .success(let packet) = decoded else { return 0 }
    if let payload = packet.payload { check(isJSON(payload), "not JSON") }
    checkArguments(packet)
    checkPlaceholders(packet)
    checkRoundTrip(packet)
    return 0
}
