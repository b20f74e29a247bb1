// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Which part of a list is asked for.
struct Page: Sendable {
    static let maxLimit = 200
    private static let usualLimit = 50

    let offset: Int
    let limit: Int

    init(offset: Int?, limit: Int?) {
        self.offset = max(0, offset ?? 0)
        self.limit = min(max(1, limit ?? Self.usualLimit), Self.maxLimit)
    }
}

extension String {
    /// The beginning of a name that a client or the application has chosen: what admins are told has a limit.
    var cut: String {
        let scalars = self.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: 256, limitedBy: scalars.endIndex),
            end != scalars.endIndex
        else { return self }
        return String(scalars[..<end]) + "…"
    }
}
