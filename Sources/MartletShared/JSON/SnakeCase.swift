// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Keys in snake case, as Foundation's `JSONEncoder` and `JSONDecoder` convert them.
enum SnakeCase {
    /// `myURLProperty` becomes `my_url_property`: a word begins at an upper case letter, and if no lower case letter
    /// follows it at once, at the last character before the next lower case letter.
    static func converted(_ key: String) -> String {
        let characters = Array(key)
        var words: [ArraySlice<Character>] = []
        var start = 0
        var rest = characters[...].dropFirst()
        while let upper = rest.firstIndex(where: \.isUppercase) {
            words.append(characters[start..<upper])
            start = upper
            guard let lower = rest[upper...].firstIndex(where: \.isLowercase) else { break }
            if lower > upper + 1 {
                words.append(characters[upper..<(lower - 1)])
                start = lower - 1
            }
            rest = characters[(lower + 1)...]
        }
        words.append(characters[start...])
        return words.map { String($0).lowercased() }.joined(separator: "_")
    }

    /// `my_url_property` becomes `myUrlProperty`. Underscores at either end stay.
    static func restored(_ key: String) -> String {
        guard let first = key.firstIndex(where: { $0 != "_" }), let last = key.lastIndex(where: { $0 != "_" }) else {
            return key
        }
        let words = key[first...last].split(separator: "_")
        guard words.count > 1 else { return key }
        let restored = words[0].lowercased() + words.dropFirst().map(Self.capitalized).joined()
        return key[..<first] + restored + key[key.index(after: last)...]
    }

    /// Letters that follow no letter are in upper case, all others in lower case.
    private static func capitalized(_ word: Substring) -> String {
        var capitalized = ""
        var isAfterLetter = false
        for character in word {
            capitalized += isAfterLetter ? character.lowercased() : character.uppercased()
            isAfterLetter = character.isLetter
        }
        return capitalized
    }
}
