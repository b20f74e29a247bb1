// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import SocketIOWire

/// An event from one server to the others of its cluster.
package struct ServerSideEvent: Codable, Sendable {
    package let name: String
    let arguments: JSONArguments
    /// The trace that it belongs to; see ``EventObserver/traceContext``.
    package let traceContext: [String: String]?

    init(_ name: String, _ arguments: JSONArguments, traceContext: [String: String]? = nil) {
        self.name = name
        self.arguments = arguments
        self.traceContext = traceContext
    }
}

/// Arguments as they travel between servers.
package struct JSONArguments: Codable, Sendable {
    /// With commas between the arguments.
    let json: ByteBuffer
    let attachments: [ByteBuffer]

    init<each Argument: Encodable & Sendable>(
        _ arguments: repeat each Argument,
        using coder: any ArgumentCoder
    ) throws {
        var json = ByteBuffer()
        var attachments: [ByteBuffer] = []
        for argument in repeat each arguments {
            if json.readableBytes > 0 { json.writeInteger(UInt8(ascii: ",")) }
            try coder.encode(argument, into: &json, attachments: &attachments)
        }
        self.json = json
        self.attachments = attachments
    }

    /// - Throws: when an argument has no form in JSON.
    init(_ arguments: SocketArguments) throws {
        let raw = try arguments.raw.inJSON()
        self.json = ByteBuffer(bytes: raw.bytes)
        self.attachments = raw.attachments
    }

    private enum CodingKeys: String, CodingKey { case json, attachments }

    /// Came from another server: it is checked once, here.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.json = try container.decode(ByteBuffer.self, forKey: .json)
        self.attachments = try container.decode([ByteBuffer].self, forKey: .attachments)
        guard self.json.isUTF8, (try? JSONScanner.validate(self.array)) == .array else {
            throw DecodingError.dataCorruptedError(
                forKey: .json, in: container, debugDescription: "These are no arguments.")
        }
    }

    private var array: ByteBuffer {
        var array = ByteBuffer()
        array.writeInteger(UInt8(ascii: "["))
        array.writeImmutableBuffer(self.json)
        array.writeInteger(UInt8(ascii: "]"))
        return array
    }

    var socketArguments: SocketArguments {
        SocketArguments(RawArguments(Array(self.json.readableBytesView), attachments: self.attachments))
    }
}

/// What one server, or one socket, has answered.
package enum ServerSideAnswer: Codable, Sendable {
    case arguments(JSONArguments)
    case failure(AcknowledgementError.Code, String)

    package init(_ result: Result<SocketArguments, AcknowledgementError>) {
        switch result {
        case .success(let arguments):
            do {
                self = .arguments(try JSONArguments(arguments))
            } catch {
                self.init(.failure(.undecodable(error)))
            }
        case .failure(let error): self = .failure(error.code, error.description)
        }
    }

    var result: Result<SocketArguments, AcknowledgementError> {
        switch self {
        case .arguments(let arguments): .success(arguments.socketArguments)
        case .failure(let code, let description): .failure(AcknowledgementError(code: code, description: description))
        }
    }
}

extension ByteBuffer {
    /// Whether the bytes are valid UTF-8. Copies them, so it is for messages that are checked once.
    var isUTF8: Bool {
        // What is not valid is replaced on the way into a string.
        var text = String(buffer: self)
        return text.withUTF8 { text in
            self.withUnsafeReadableBytes { $0.elementsEqual(UnsafeRawBufferPointer(text)) }
        }
    }
}
