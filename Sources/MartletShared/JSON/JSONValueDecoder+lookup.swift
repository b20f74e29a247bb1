// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How the members of an object are found by key. Of members with equal keys the first counts, as in Foundation.
enum KeyLookup {
    case unprepared
    /// No two keys are equal: the search goes on from where the last one ended.
    case sequential
    /// Two keys may be equal: every search starts at the first member.
    case fromStart
    /// There are many members, or keys are converted: a table has the index of each key's value.
    case indexed([KeyBytes: Int])
}

/// A key compared by its bytes: `String` compares by canonical equivalence, which JavaScript does not.
struct KeyBytes: Hashable {
    let string: String

    static func == (left: KeyBytes, right: KeyBytes) -> Bool {
        left.string.utf8.elementsEqual(right.string.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var string = string
        string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension JSONValueDecoder {
    /// Decides how to look up keys, once for an object, however many containers are asked for.
    @inline(__always)
    func prepareLookup() {
        guard case .unprepared = keys.lookup else { return }
        keys.end = tape.next(after: index)
        keys.cursor = keys.end
        if tape.count(at: index) >= JSONTapeScanner.manyMembers || hasOptions && convertsKeys {
            keys.lookup = .indexed(makeIndex())
        } else if tape.repeatsKeys(at: index) {
            keys.lookup = .fromStart
        } else {
            keys.lookup = .sequential
            keys.cursor = tape.first(in: index)
        }
    }

    private func makeIndex() -> [KeyBytes: Int] {
        var values = [KeyBytes: Int](minimumCapacity: tape.count(at: index))
        forEachMember { key, value in
            let key = KeyBytes(string: key)
            if values[key] == nil { values[key] = value }
        }
        return values
    }

    /// Whether keys are converted from snake case.
    private var convertsKeys: Bool { !keepsKeys && options?.convertsKeys == true }

    /// Calls `body` with every key, repeated ones too, and the index of its value, in the order of the text.
    func forEachMember(_ body: (String, Int) throws -> Void) rethrows {
        var member = tape.first(in: index)
        let convertsKeys = hasOptions && convertsKeys
        for _ in 0..<tape.count(at: index) {
            let key = tape.string(at: member)
            try body(convertsKeys ? SnakeCase.restored(key) : key, member + 1)
            member = tape.next(after: member + 1)
        }
    }

    /// The index of the value of `key`, if the object has it.
    /// - Parameter advancing: whether the next search starts after this member, because its value is read now.
    @inline(__always)
    func find(_ key: some CodingKey, advancing: Bool = true) -> Int? {
        var name = key.stringValue
        let member = keys.cursor
        let isNext = name.withUTF8 { member < keys.end && tape.isString(at: member, writtenAs: $0) }
        guard isNext else { return search(&name, advancing: advancing) }
        if advancing { keys.cursor = tape.next(after: member + 1) }
        return member + 1
    }

    /// Finds a key that is not the next one in the text.
    @inline(never)
    private func search(_ name: inout String, advancing: Bool) -> Int? {
        let start = tape.first(in: index)
        switch keys.lookup {
        case .unprepared: return nil
        case .indexed(let values): return values[KeyBytes(string: name)]
        case .fromStart: return name.withUTF8 { search($0, from: start, to: keys.end) }.map { $0 + 1 }
        case .sequential:
            let member = name.withUTF8 {
                search($0, from: keys.cursor, to: keys.end) ?? search($0, from: start, to: keys.cursor)
            }
            guard let member else { return nil }
            keys.cursor = advancing ? tape.next(after: member + 1) : member
            return member + 1
        }
    }

    @inline(__always)
    private func search(_ utf8: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int? {
        var member = start
        while member < end {
            if tape.isString(at: member, equalTo: utf8) { return member }
            member = tape.next(after: member + 1)
        }
        return nil
    }
}
