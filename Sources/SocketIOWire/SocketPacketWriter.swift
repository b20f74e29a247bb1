// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Writes Socket.IO packets, without the `4` of the Engine.IO message. The caller sends the attachments afterwards.
package enum SocketPacketWriter {
    /// Appends the part before the JSON: `<type>[<attachments>-][<namespace>,][<ack id>]`.
    /// - Parameters:
    ///   - attachments: written for the two binary types only.
    ///   - namespace: begins with `/`; `/` itself is not written.
    package static func writeHead(
        type: SocketPacketType,
        attachments: Int = 0,
        namespace: String = "/",
        ackID: Int? = nil,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeByte(type.digit)
        if type.isBinary {
            buffer.writeDecimal(attachments)
            buffer.writeByte(UInt8(ascii: "-"))
        }
        if namespace != "/" {
            buffer.writeString(namespace)
            buffer.writeByte(UInt8(ascii: ","))
        }
        if let ackID { buffer.writeDecimal(ackID) }
    }

    /// Appends an EVENT, or a BINARY_EVENT when there are attachments, whole.
    /// - Parameter arguments: each the JSON of one argument, its placeholders numbered from 0 through the event.
    package static func writeEvent(
        _ name: String,
        arguments: some Sequence<ByteBuffer>,
        attachments: Int = 0,
        namespace: String = "/",
        ackID: Int? = nil,
        into buffer: inout ByteBuffer
    ) {
        writeHead(
            type: attachments > 0 ? .binaryEvent : .event, attachments: attachments, namespace: namespace,
            ackID: ackID, into: &buffer)
        writeArray(name, into: &buffer)
        for argument in arguments { appendElement(argument, isFirst: false, into: &buffer) }
    }

    /// Appends an ACK, or a BINARY_ACK when there are attachments.
    package static func writeAck(
        id: Int,
        arguments: some Sequence<ByteBuffer>,
        attachments: Int = 0,
        namespace: String = "/",
        into buffer: inout ByteBuffer
    ) {
        writeHead(
            type: attachments > 0 ? .binaryAck : .ack, attachments: attachments, namespace: namespace, ackID: id,
            into: &buffer)
        writeArray(nil, into: &buffer)
        var isFirst = true
        for argument in arguments {
            appendElement(argument, isFirst: isFirst, into: &buffer)
            isFirst = false
        }
    }

    /// Appends a client's CONNECT. `auth` is a JSON object.
    package static func writeConnect(
        namespace: String = "/",
        auth: ByteBuffer? = nil,
        into buffer: inout ByteBuffer
    ) {
        writeHead(type: .connect, namespace: namespace, into: &buffer)
        if let auth { buffer.writeImmutableBuffer(auth) }
    }

    /// Appends the server's answer to CONNECT, `0{"sid":"…"}`; with recovery on, `pid` too.
    package static func writeConnected(
        sid: String,
        pid: String? = nil,
        namespace: String = "/",
        into buffer: inout ByteBuffer
    ) {
        writeHead(type: .connect, namespace: namespace, into: &buffer)
        buffer.writeStaticString("{\"sid\":")
        writeJSONString(sid, into: &buffer)
        if let pid {
            buffer.writeStaticString(",\"pid\":")
            writeJSONString(pid, into: &buffer)
        }
        buffer.writeStaticString("}")
    }

    /// Appends CONNECT_ERROR, `4{"message":"…"}`; `data`, if given, is JSON.
    package static func writeConnectError(
        message: String,
        data: ByteBuffer? = nil,
        namespace: String = "/",
        into buffer: inout ByteBuffer
    ) {
        writeHead(type: .connectError, namespace: namespace, into: &buffer)
        buffer.writeStaticString("{\"message\":")
        writeJSONString(message, into: &buffer)
        if let data {
            buffer.writeStaticString(",\"data\":")
            buffer.writeImmutableBuffer(data)
        }
        buffer.writeStaticString("}")
    }

    /// Appends DISCONNECT, `1` or `1/admin,`.
    package static func writeDisconnect(namespace: String = "/", into buffer: inout ByteBuffer) {
        writeHead(type: .disconnect, namespace: namespace, into: &buffer)
    }
}
