// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The cookies that the answers to one session's requests have set, for its later requests: load balancers bring a
/// session to the same server by them (RFC 6265). Confined to its event loop.
///
/// A session talks to one server under one path, so that neither is looked at.
final class CookieJar {
    private var cookies: [(name: String, value: String)] = []

    private static let maxCount = 32
    private static let maxSize = 4096

    /// - Parameter field: the value of a `Set-Cookie` field.
    func set(_ field: String) {
        guard field.utf8.count <= Self.maxSize else { return }
        let parts = field.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { return }
        let name = String(Self.trimmed(pair[..<equals]))
        guard !name.isEmpty else { return }
        self.cookies.removeAll { $0.name == name }
        let isRemoval = parts.dropFirst().contains { part in
            let term = part.split(separator: "=", maxSplits: 1)
            return term.count == 2 && term[0].lowercased() == "max-age" && (Int(term[1]) ?? 1) <= 0
        }
        guard !isRemoval, self.cookies.count < Self.maxCount else { return }
        self.cookies.append((name, String(Self.trimmed(pair[pair.index(after: equals)...]))))
    }

    /// The value of the `Cookie` field; `nil` without cookies.
    var field: String? {
        self.cookies.isEmpty ? nil : self.cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
