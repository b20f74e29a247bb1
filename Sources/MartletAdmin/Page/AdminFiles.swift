// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CMartletAdminPage
internal import CMartletScripts
internal import NIOCore

/// The files of the page, the JavaScript client among them.
struct AdminFiles: Sendable {
    struct File: Sendable {
        let contentType: String
        let bytes: ByteBuffer
    }

    private var files: [String: File] = [:]

    /// - Parameters:
    ///   - serverPath: where the Socket.IO server is.
    ///   - namespace: what the page connects to.
    init(serverPath: String, namespace: String) {
        for index in 0... {
            let file = martlet_admin_file(index)
            guard let name = file.name else { break }
            self.add(String(cString: name), file.bytes, file.size)
        }
        let client = martlet_script()
        self.add("martlet.js", client.bytes, client.size)
        let page = self.files.removeValue(forKey: "admin.html").map { String(buffer: $0.bytes) } ?? ""
        self.files[""] = File(
            contentType: "text/html; charset=utf-8",
            bytes: ByteBuffer(string: page.filled(with: ["path": serverPath, "namespace": namespace]))
        )
    }

    private mutating func add(_ name: String, _ bytes: UnsafePointer<UInt8>?, _ size: Int) {
        let contentType =
            switch name.split(separator: ".").last {
            case "css": "text/css; charset=utf-8"
            case "svg": "image/svg+xml"
            default: "text/javascript; charset=utf-8"
            }
        let bytes = ByteBuffer(bytes: UnsafeBufferPointer(start: bytes, count: size))
        self.files[name] = File(contentType: contentType, bytes: bytes)
    }

    /// The file of a name; the page itself has the empty one.
    subscript(name: Substring) -> File? { self.files[String(name)] }
}

extension String {
    /// Puts values into the quoted attributes that name them as `{{name}}`.
    fileprivate func filled(with values: [String: String]) -> String {
        var text = ""
        for (index, part) in self.split(separator: "{{", omittingEmptySubsequences: false).enumerated() {
            guard index > 0, let end = part.firstRange(of: "}}") else {
                text += part
                continue
            }
            text += values[String(part[..<end.lowerBound])]?.escapedForAttribute ?? ""
            text += part[end.upperBound...]
        }
        return text
    }

    private var escapedForAttribute: String {
        self.reduce(into: "") { text, character in
            switch character {
            case "&": text += "&amp;"
            case "\"": text += "&quot;"
            case "<": text += "&lt;"
            default: text.append(character)
            }
        }
    }
}
