// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The path under which an endpoint is found.
struct EndpointPath: Sendable {
    /// With a slash at both ends.
    let text: String

    init(_ path: String) {
        var text = path
        if !text.hasPrefix("/") { text = "/" + text }
        if !text.hasSuffix("/") { text += "/" }
        self.text = text
    }

    /// Whether a request's target lies under this path. The slash at the end may be missing.
    func contains(_ target: String) -> Bool {
        if target.hasPrefix(self.text) { return true }
        let bare = self.text.utf8.dropLast()
        guard target.utf8.starts(with: bare) else { return false }
        let next = target.utf8.dropFirst(bare.count).first
        return next == nil || next == UInt8(ascii: "?")
    }

    /// The part of a target after this path, without the query.
    func remainder(of target: String) -> Substring? {
        guard target.hasPrefix(self.text) else { return nil }
        return Substring(target.utf8.dropFirst(self.text.utf8.count).prefix { $0 != UInt8(ascii: "?") })
    }
}
