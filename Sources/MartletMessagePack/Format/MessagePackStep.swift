// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A step of a coding path.
enum MessagePackStep {
    case key(any CodingKey)
    case index(Int)

    var key: any CodingKey {
        switch self {
        case .key(let key): key
        case .index(let index): MessagePackKey(stringValue: "Index \(index)", intValue: index)
        }
    }
}

/// A key of a coding path that no type declared: an element's index, or `super`.
struct MessagePackKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    static let superKey = MessagePackKey(stringValue: "super")

    init(stringValue: String, intValue: Int?) {
        self.stringValue = stringValue
        self.intValue = intValue
    }

    init(stringValue: String) { self.init(stringValue: stringValue, intValue: nil) }
    init(intValue: Int) { self.init(stringValue: "\(intValue)", intValue: intValue) }
}

extension String {
    /// A string compared by its bytes: `String` compares by canonical equivalence, which other languages do not.
    struct UTF8Bytes: Hashable {
        private let string: String

        init(_ string: String) { self.string = string }

        static func == (left: UTF8Bytes, right: UTF8Bytes) -> Bool {
            left.string.utf8.elementsEqual(right.string.utf8)
        }

        func hash(into hasher: inout Hasher) {
            var string = self.string
            string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }
}
