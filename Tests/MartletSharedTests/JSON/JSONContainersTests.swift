// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletShared
import NIOCore
import Testing

/// Types whose `Codable` conformance is written by hand, through Foundation's coders and through ours.
@Suite struct JSONContainersTests {
    enum Key: String, CodingKey { case a, b, c, d }

    /// Records what the containers of a decoder answer.
    struct Probe: Decodable {
        var answers: [String] = []

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            let path = { (path: [any CodingKey]) in
                path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
            }
            answers.append(container.allKeys.map(\.rawValue).sorted().joined())
            answers.append("\(container.contains(.a)) \(container.contains(.d))")
            answers.append(outcome { try container.decodeNil(forKey: .a) })
            answers.append(outcome { try container.decodeNil(forKey: .d) })
            answers.append(outcome { try container.decodeIfPresent(String.self, forKey: .d) })
            answers.append(outcome { try container.decodeIfPresent([String].self, forKey: .d) })
            answers.append(outcome { try container.decode(Int?.self, forKey: .a) })
            answers.append(outcome { try path(container.superDecoder().codingPath) })
            answers.append(outcome { try path(container.superDecoder(forKey: .b).codingPath) })
            answers.append(outcome { try container.superDecoder(forKey: .d).singleValueContainer().decodeNil() })
            answers.append(outcome { try container.superDecoder(forKey: .d).container(keyedBy: Key.self).allKeys })
            answers.append(outcome { try container.nestedContainer(keyedBy: Key.self, forKey: .d).allKeys })
            answers.append(outcome { try container.nestedContainer(keyedBy: Key.self, forKey: .b).allKeys })
            answers.append(outcome { try container.nestedUnkeyedContainer(forKey: .b).count })
            answers.append(outcome { try container.nestedUnkeyedContainer(forKey: .a).count })
            var list = try container.nestedUnkeyedContainer(forKey: .c)
            answers.append("\(list.count ?? -1) \(list.currentIndex) \(list.isAtEnd) \(path(list.codingPath))")
            answers.append(outcome { try list.decodeNil() })
            answers.append(outcome { try list.decode(String.self) })
            answers.append(outcome { try list.nestedContainer(keyedBy: Key.self).allKeys })
            answers.append(outcome { try list.decode(Int.self) })
            answers.append(outcome { try list.decodeNil() } + " \(list.currentIndex)")
            answers.append(outcome { try path(list.superDecoder().codingPath) })
            answers.append(outcome { try list.nestedContainer(keyedBy: Key.self).decode(Bool.self, forKey: .a) })
            answers.append(outcome { try list.nestedUnkeyedContainer().count })
            answers.append("\(list.currentIndex) \(list.isAtEnd)")
            answers.append(outcome { try list.decode(Int.self) })
            answers.append(outcome { try list.decode([Int].self) })
            answers.append(outcome { try list.decodeNil() })
            answers.append(outcome { try list.decodeIfPresent(Int.self) })
        }
    }

    @Test func containersAnswerAsFoundationsDo() throws {
        for text in [
            #"{"a":null,"b":{"c":1},"c":[1,null,7,{"a":true},[]]}"#, #"{"c":[1,null,"x",{"a":0},{}],"b":[2,3],"a":4}"#,
            #"{"c":[{},null,1,[],[1]],"super":{"a":1},"b":null,"a":{}}"#,
        ] {
            let ours = try decoded(Probe.self, text).answers
            #expect(ours == (try JSONDecoder().decode(Probe.self, from: Data(text.utf8)).answers))
        }
    }

    class Base: Codable {
        var id = 1
        init() {}
    }

    final class Derived: Base {
        var name = "n"
        override init() { super.init() }
        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            name = try container.decode(String.self, forKey: .a)
            try super.init(from: container.superDecoder())
        }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try super.encode(to: container.superEncoder())
            try container.encode(name, forKey: .a)
        }
    }

    final class Flat: Base {
        var name = "n"
        override init() { super.init() }
        required init(from decoder: any Decoder) throws {
            name = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .a)
            try super.init(from: decoder)
        }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(name, forKey: .a)
            try super.encode(to: encoder)
        }
    }

    @Test func classesInheritThroughSuperCodersOrShareOne() throws {
        #expect(try encoded(Derived()) == #"{"super":{"id":1},"a":"n"}"#)
        #expect(try decoded(Derived.self, #"{"super":{"id":9},"a":"m"}"#).id == 9)
        #expect(try encoded(Flat()) == #"{"a":"n","id":1}"#)
        #expect(try decoded(Flat.self, #"{"id":9,"a":"m"}"#).id == 9)
    }

    struct OutOfOrder: Encodable {
        func encode(to encoder: any Encoder) throws {
            var outer = encoder.container(keyedBy: Key.self)
            var first = outer.nestedContainer(keyedBy: Key.self, forKey: .a)
            var second = outer.nestedUnkeyedContainer(forKey: .b)
            try first.encode(1, forKey: .a)
            try second.encode("x")
            var inner = second.nestedContainer(keyedBy: Key.self)
            try outer.encode(true, forKey: .c)
            try first.encode([2.5], forKey: .b)
            try second.encode(2)
            try inner.encode("deep", forKey: .d)
            let late = outer.superEncoder(forKey: .d)
            try second.encodeNil()
            _ = second.nestedUnkeyedContainer()
            _ = second.superEncoder()
            var single = late.singleValueContainer()
            try single.encode("late")
            try inner.encode([OutOfOrderLeaf()], forKey: .a)
        }
    }

    struct OutOfOrderLeaf: Encodable {
        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            var nested = list.nestedUnkeyedContainer()
            try list.encode(2)
            try nested.encode(1)
        }
    }

    @Test func nestedContainersMayBeFilledInAnyOrder() throws {
        let text = try encoded(["k": OutOfOrder()])
        #expect(
            text
                == #"{"k":{"a":{"a":1,"b":[2.5]},"b":["x",{"d":"deep","a":[[[1],2]]},2,null,[],{}],"c":true,"d":"late"}}"#
        )
        let foundations = try JSONEncoder().encode(["k": OutOfOrder()])
        #expect(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
                == JSONSerialization.jsonObject(with: foundations) as? NSDictionary)
    }

    struct Careless: Encodable {
        struct Bad: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(1, forKey: .a)
                var nested = container.nestedUnkeyedContainer(forKey: .b)
                try nested.encode([9] as [UInt8])
                try container.encode(Double.nan, forKey: .c)
            }
        }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(1, forKey: .a)
            try? container.encode(Bad(), forKey: .b)
            try container.encode([8] as [UInt8], forKey: .c)
            try? container.encode(Double.infinity, forKey: .d)
        }
    }

    @Test func aValueThatThrowsLeavesNoTrace() throws {
        var buffer = ByteBuffer()
        var attachments: [ByteBuffer] = []
        try ArgumentEncoder.encode(Careless(), into: &buffer, attachments: &attachments)
        #expect(String(buffer: buffer) == #"{"a":1,"c":{"_placeholder":true,"num":0}}"#)
        #expect(attachments == [ByteBuffer(bytes: [8])])
    }

    struct Misuse: Encodable {
        var how: Int
        func encode(to encoder: any Encoder) throws {
            switch how {
            case 0:
                _ = encoder.container(keyedBy: Key.self)
                var list = encoder.unkeyedContainer()
                try list.encode(1)
            case 1:
                var single = encoder.singleValueContainer()
                try single.encode(1)
                try single.encode(2)
            default: break
            }
        }
    }

    @Test func misusedContainersThrow() throws {
        for how in 0...2 { #expect(throws: EncodingError.self) { try encoded(Misuse(how: how)) } }
        #expect(try encoded([Misuse(how: 2)]) == "[{}]")
    }
}
