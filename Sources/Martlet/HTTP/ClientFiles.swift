// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import WebSocketWire

/// The files of the JavaScript client, served from the program's binary.
struct ClientFiles: Sendable {
    private struct File: Sendable {
        let contentType: String
        let body: ByteBuffer
        let fingerprint: String
    }

    private let files: [String: File]
    /// The files' bodies with gzip, each made when it is first asked for.
    private let compressed = NIOLockedValueBox<[String: ByteBuffer]>([:])

    private init(
        scripts: [(name: String, bytes: [UInt8])],
        maps: [(name: String, bytes: [UInt8])]
    ) {
        var files: [String: File] = [:]
        func add(_ name: String, _ contentType: String, _ bytes: [UInt8]) {
            files[name] = File(
                contentType: contentType,
                body: ByteBuffer(bytes: bytes),
                fingerprint: Self.fingerprint(of: bytes)
            )
        }
        for map in maps { add(map.name, "application/json", map.bytes) }
        for script in scripts {
            let hasMap = files["\(script.name).map"] != nil
            let bytes = hasMap ? script.bytes : Self.withoutMapComment(script.bytes)
            add(script.name, "text/javascript; charset=utf-8", bytes)
        }
        self.files = files
    }

    static let embedded = ClientFiles(scripts: EmbeddedFiles.scripts, maps: EmbeddedFiles.maps)

    /// The script without the comment in its last line that names its source map: developer tools would request the
    /// map, which is missing.
    private static func withoutMapComment(_ script: [UInt8]) -> [UInt8] {
        let text = script.last == UInt8(ascii: "\n") ? script.dropLast() : script[...]
        guard let lineFeed = text.lastIndex(of: UInt8(ascii: "\n")),
            text[(lineFeed + 1)...].starts(with: "//# sourceMappingURL=".utf8)
        else { return script }
        return Array(script[...lineFeed])
    }

    /// Whether a request is for a file of the client, also for one that the binary lacks.
    func takes(_ head: RequestHead, under path: EndpointPath) -> Bool {
        self.name(in: head, under: path) != nil
    }

    private func name(in head: RequestHead, under path: EndpointPath) -> String? {
        guard head.method == .get || head.method == .head,
            let name = path.remainder(of: head.target).map({ String($0) })
        else { return nil }
        return Self.otherNames[name] ?? (name.hasPrefix("martlet.") ? name : nil)
    }

    /// What a page that was written for Socket.IO asks for. The client has the API of socket.io-client.
    private static let otherNames = [
        "socket.io.js": "martlet.js", "socket.io.min.js": "martlet.min.js", "socket.io.esm.min.js": "martlet.esm.js",
    ]

    /// The answer to a request for a file of the client, also for a file that the binary lacks (404); `nil` for any
    /// other request.
    /// - Parameter compresses: whether files are compressed for clients that accept gzip.
    func answer(to head: RequestHead, under path: EndpointPath, compresses: Bool) -> HTTPAnswer? {
        guard let name = self.name(in: head, under: path) else { return nil }
        guard let file = self.files[name] else { return HTTPAnswer(status: .notFound, contentType: nil) }
        let gzipped =
            compresses && ContentCoding.preferred(by: head[values: "Accept-Encoding"]) == .gzip
            ? self.compressedBody(of: file, name) : nil
        // RFC 9110, 8.8.3.3: the same file in another coding has another tag.
        let entityTag = gzipped == nil ? "\"\(file.fingerprint)\"" : "\"\(file.fingerprint)-gzip\""
        let isKnown = Self.matches(head[values: "If-None-Match"], entityTag)
        var answer = HTTPAnswer(
            status: isKnown ? .notModified : .ok,
            contentType: isKnown ? nil : file.contentType,
            body: isKnown ? ByteBuffer() : gzipped ?? file.body
        )
        answer.otherFields[.eTag] = entityTag
        if compresses { answer.otherFields[.vary] = "Accept-Encoding" }
        if gzipped != nil, !isKnown { answer.otherFields[.contentEncoding] = ContentCoding.gzip.rawValue }
        // Caches keep the file but revalidate it: its name does not contain the version.
        answer.cacheControl = "public, max-age=0"
        return answer
    }

    /// - Returns: `nil` when there is no memory to compress it.
    private func compressedBody(of file: File, _ name: String) -> ByteBuffer? {
        self.compressed.withLockedValue { compressed in
            if let body = compressed[name] { return body }
            compressed[name] = DeflatePool().compress(file.body, as: .gzip, level: 9)
            return compressed[name]
        }
    }

    /// RFC 9110, 13.1.2: the comparison is weak.
    private static func matches(_ values: [String], _ entityTag: String) -> Bool {
        values.lazy.flatMap { $0.split(separator: ",") }.contains { value in
            let tag = value.drop { $0 == " " }.prefix { $0 != " " }
            return tag == "*" || tag == entityTag || tag == "W/\(entityTag)"
        }
    }

    /// FNV-1a, 64 bits: enough to tell two builds of a file apart.
    private static func fingerprint(of bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
