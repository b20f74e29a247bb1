// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What stands first in a value (MessagePack specification, "Formats").
///
/// ```
/// a3 61 62 63          head a3: a string of 3 bytes     body 61 62 63
/// d1 ff 38             head d1 ff 38: the integer -200  no body
/// 82 a1 61 01 a1 62 c0 head 82: a map of 2 members      no body; 4 values follow
/// ```
struct MessagePackHead {
    enum Kind {
        case null, bool, number, string, binary, ext, array, map
    }

    let kind: Kind
    /// How many bytes the head has; a number is all head.
    let size: Int
    /// How many bytes of a string, of binary data or of an extension follow the head.
    var length = 0
    /// How many values follow that belong to this one: the elements of an array, the keys and values of a map.
    var children = 0

    var isContainer: Bool { self.kind == .array || self.kind == .map }

    init(_ kind: Kind, size: Int, length: Int = 0, children: Int = 0) {
        self.kind = kind
        self.size = size
        self.length = length
        self.children = children
    }
}
