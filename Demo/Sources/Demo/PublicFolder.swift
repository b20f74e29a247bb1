// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Hummingbird

/// The page's files, found next to this source file.
///
/// The files are few and small, so they are read once, at the start, and served from memory. `FileMiddleware` by itself
/// streams them from the disk for each request, which leaves one answer in twenty unfinished when two dozen connections
/// ask at once (Hummingbird 2.28.1, SwiftNIO 2.101.2).
struct PublicFolder: FileProvider {
    struct Attributes: FileMiddlewareFileAttributes {
        let isFolder: Bool
        let size: Int
        let modificationDate: Date
    }

    private struct File {
        let bytes: ByteBuffer
        let modificationDate: Date
    }

    /// A browser asks again each time, and gets 304 if the file is unchanged.
    static let cacheControl = CacheControl([(.text, [.noCache]), (.image, [.noCache])])

    private static let path = String(#filePath.dropLast("Sources/Demo/PublicFolder.swift".count)) + "Public"
    private let files: [String: File]

    init() throws {
        var files: [String: File] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.path) {
            let url = URL(fileURLWithPath: "\(Self.path)/\(name)")
            files["/" + name] = File(
                bytes: ByteBuffer(bytes: try Data(contentsOf: url)),
                modificationDate: try url.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
                    ?? .now
            )
        }
        self.files = files
    }

    func getFileIdentifier(_ path: String) -> String? { path }

    func getAttributes(id: String) -> Attributes? {
        if id == "/" { return Attributes(isFolder: true, size: 0, modificationDate: .distantPast) }
        return self.files[id].map {
            Attributes(isFolder: false, size: $0.bytes.readableBytes, modificationDate: $0.modificationDate)
        }
    }

    func loadFile(id: String, context: some RequestContext) throws -> ResponseBody {
        guard let file = self.files[id] else { throw HTTPError(.notFound) }
        return ResponseBody(byteBuffer: file.bytes)
    }

    func loadFile(id: String, range: ClosedRange<Int>, context: some RequestContext) throws -> ResponseBody {
        guard let file = self.files[id] else { throw HTTPError(.notFound) }
        let range = range.clamped(to: 0...max(0, file.bytes.readableBytes - 1))
        return ResponseBody(byteBuffer: file.bytes.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer())
    }
}

/// Allows the page's own files and its own server only: no inline script, no inline style, no markup made from strings.
enum PageSecurity {
    static func middleware() -> ContentSecurityMiddleware<BasicRequestContext> {
        ContentSecurityMiddleware(contentSecurityPolicy: [
            .defaultSrc(.none),
            .scriptSrc(.self),
            .styleSrc(.self),
            .imgSrc(.self),
            .connectSrc(.self),
            .baseURI(.none),
            .formAction(.none),
            .frameAncestors(.none),
            .requireTrustedTypesFor(.script),
        ])
    }
}
