// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletShared
import NIOCore
import Testing

@Suite struct ArgumentDecoderTests {
    struct Inner: Codable { var a: Int?, b: [String: Int]?, u: URL? }
    struct Outer: Codable { var a: Int, b: Inner, c: [Inner] }
    enum Choice: Codable {
        case one(Int, x: String)
        case two
        case three(z: Inner)
    }
    enum Word: String, Codable { case yes, no }
    struct Name: Codable, Hashable { var a: Int }

    /// Both decode the text to the same description, or throw the same case with the same path.
    private func compare<T: Decodable>(
        _ type: T.Type, _ texts: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for text in texts {
            let ours = outcome { try decoded(T.self, text) }
            let foundations = outcome { try JSONDecoder().decode(T.self, from: Data(text.utf8)) }
            #expect(ours == foundations, "\(T.self) from \(text.prefix(100))", sourceLocation: sourceLocation)
        }
    }

    @Test func missingNullAndMismatchedValuesThrowAsFoundationDoes() {
        compare(
            Outer.self,
            [
                "null", "[]", "1", #""""#, "true", "{}", #"{"a":null}"#, #"{"a":"x"}"#, #"{"a":1}"#,
                #"{"a":1,"b":null}"#,
                #"{"a":1,"b":7}"#, #"{"a":1,"b":{"b":{"x":""}}}"#, #"{"a":1,"b":{"b":{"x":null}}}"#,
                #"{"a":1,"b":{"b":[]}}"#,
                #"{"a":1,"b":{},"c":[{},{"a":true}]}"#, #"{"a":1,"b":{},"c":[{},null]}"#, #"{"a":1,"b":{},"c":null}"#,
                #"{"a":1,"b":{},"c":{}}"#, #"{"a":1,"b":{"a":"1"},"c":[]}"#, #"{"a":[],"b":{},"c":[]}"#,
            ])
        compare([Int].self, ["[null]", #"[1,"x"]"#, "{}", "null", "[]", "[1,2]", "[[]]"])
        compare([Int?].self, ["[null,1]", "[null,true]"])
        compare([[UInt8?]].self, ["[[null,1],[]]", "[[null,{}],[]]", "[[],3]"])
        compare([Int8].self, ["[1,null]", "[true]", "[1,-128,127]"])
        compare(Int?.self, ["null", "1", #""x""#])
        compare([Int: String].self, [#"{"1":"x"}"#, #"{"x":"x"}"#, #"{"1":1}"#, "[]"])
        compare([Word: Int].self, ["{}", "[]", #"["yes",1]"#, #"["maybe",1]"#, #"["yes"]"#])
        compare([Name: Int].self, [#"[{"a":1},2]"#, #"[{"a":1}]"#, #"[{"a":1},{}]"#])
        compare([Word].self, [#"["yes","no"]"#, #"["maybe"]"#, "[1]", "[null]"])
        compare([String: [Bool]].self, [#"{"k":[true,0]}"#, #"{"k":null}"#, #"{"k":[true]}"#])
        compare([String: String].self, [#"{"k":1}"#, #"{"k":"v"}"#, #"{"k":null}"#, "null", "[]"])
    }

    @Test func enumsWithAssociatedValuesDecodeAsFoundationDoes() {
        compare(
            Choice.self,
            [
                #"{"one":{"_0":1,"x":"q"}}"#, "{}", #"{"one":{},"two":{}}"#, #"{"zz":{}}"#, #"{"two":{}}"#,
                #"{"two":1}"#,
                #"{"three":{"z":{"a":""}}}"#, #"{"one":{"_0":1}}"#, #"{"one":null}"#, "null", #""two""#,
            ])
    }

    @Test func textThatIsNotJSONIsCorrupted() {
        let texts = [
            "", " ", "{", "}", "[", "]", "[1", "[1 2]", "[1,,2]", "[,1]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a" 1}"#,
            "{1:2}",
            #"{"a":1,"#, #"{"a":1 "b":2}"#, "[}", "{]", "[1] x", "1 2", "nul", "nulll", "tru", "TRUE", "NaN",
            "Infinity",
            "01", "-", "-01", "1.", ".5", "+1", "1e", "1e+", "1.e1", "0x10", "1_000", "--1", #"""#, #""abc"#, #""\"#,
            #""\u12""#,
            #""\u12g4""#, #""\x""#, "\"a\nb\"", "\"\u{1}\"", #""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\n""#,
            #""\ud800\u0041""#, #""\ud800\ud800""#, "'a'", "// c\n1", "\u{a0}1", "\u{c}1",
        ]
        for text in texts {
            #expect(outcome { try decoded(Outer.self, text) } == "dataCorrupted ", "\(text)")
            #expect(outcome { try decoded(String.self, text) } == "dataCorrupted ", "\(text)")
        }
        // RFC 8259 has no trailing commas; Foundation lets them pass.
        #expect(outcome { try decoded([Int].self, "[1,]") } == "dataCorrupted ")
        #expect(outcome { try decoded(Inner.self, #"{"a":1,}"#) } == "dataCorrupted ")
    }

    @Test(
        arguments: [
            [0xFF], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xE2, 0x28, 0xA1],
        ] as [[UInt8]])
    func bytesThatAreNotUTF8AreCorrupted(bytes: [UInt8]) {
        for padding in 0..<10 {
            let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
            #expect(outcome { try decodedBytes(String.self, text) } == "dataCorrupted ")
            #expect(outcome { try decodedBytes(String.self, Array(text.dropLast())) } == "dataCorrupted ")
        }
    }

    @Test func whiteSpaceMayStandBetweenTokens() throws {
        let text = " \t\r\n{ \n\"a\" :\t1 ,\r\"b\": { } , \"c\" : [ { } , {\"a\" : 2 } ] }\n "
        let value: Outer = try decoded(text)
        #expect(value.a == 1 && value.c.count == 2 && value.c[1].a == 2)
    }

    @Test func stringsAreUnescaped() {
        compare(
            String.self,
            [
                #""""#, #""\"\\\/\b\f\n\r\t""#, #""\u0041\u00e9\u20AC\uFFFF\u0000""#, #""\ud83d\ude00\uDBFF\uDFFF""#,
                #""é€😀""#,
                "\"\u{7f}\u{2028}\"", #""123456789012345\n""#, #""\\u0041""#,
                #""a long string without any escapes, past 15 bytes""#,
            ])
        compare([String].self, [#"["\u0061bc","","\\"]"#])
        compare([String: Int].self, [#"{"\u0061":1}"#, #"{"a\"b":1}"#, #"{"":2}"#])
        compare(Inner.self, [#"{"\u0061":1}"#, #"{"\u0062":{"\u0062":2}}"#])
    }

    @Test func theFirstOfMembersWithEqualKeysCounts() {
        compare([String: Int].self, [#"{"a":1,"a":2}"#, #"{"\u0061":1,"a":2}"#, #"{"a":1,"\u0061":2}"#])
        compare([String: Int8].self, [#"{"a":1,"a":2}"#, #"{"\u0061":1,"a":2}"#])
        compare(Inner.self, [#"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"b":{},"a":1,"b":{"x":1},"a":3}"#])
        let many = (0..<40).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
        compare(Inner.self, [#"{\#(many),"a":1,\#(many),"a":2}"#, #"{"x":{\#(many)},\#(many),"b":{"q":1}}"#])
        compare(Choice.self, [#"{"two":{},"two":1}"#])
    }

    @Test func integersAreExact() throws {
        let texts = [
            "0", "-0", "1.0", "1e2", "1E+2", "100e-2", "0.1e1", "120.0", "0e400", "0.000", "-1", "127", "128", "-128",
            "-129", "255", "256",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
            "9007199254740993",
            "9007199254740993.0", "18446744073709551615", "18446744073709551616", "99999999999999999999", "1e18",
            "12345678901234567890e-1",
        ]
        compare(Int.self, texts)
        compare(Int8.self, texts)
        compare(UInt8.self, texts)
        compare(Int64.self, texts)
        compare(UInt64.self, texts)
        compare(UInt.self, texts)
        for text in [
            "1.5", "1e-1", "1e400", "1e20", "-1e19", "0.1", "1.00000000000000000000001", "1e99999999999999999999",
        ] {
            #expect(outcome { try decoded(Int.self, text) } == "dataCorrupted ", "\(text)")
        }
        // Exact where Foundation goes through Double.
        #expect(try decoded(Int.self, "9223372036854775807.0") == Int.max)
        #expect(try decoded(UInt64.self, "1.8446744073709551615e19") == UInt64.max)
        #expect(try decoded(Int.self, "1" + String(repeating: "0", count: 5000) + "e-5000") == 1)
        // The path leads to the number, where Foundation's is empty.
        #expect(outcome { try decoded(Inner.self, #"{"a":1.5}"#) } == "dataCorrupted .a")
    }

    @Test func doublesOutsideTheirRangeThrow() {
        let texts = [
            "1e400", "-1e400", "1e-400", "1e308", "4.9e-324", "2.2250738585072011e-308", "0e9999", "-0.0", "1",
            "123456789012345678901234567890",
        ]
        compare(Double.self, texts)
        compare(Float.self, ["1e39", "1e-60", "3.4028235e38", "1e-45", "16777217", "0.1"])
    }

    @Test func nestingIsBoundedAsInFoundation() {
        for (depth, expected) in [(512, "typeMismatch Int [0]"), (513, "dataCorrupted "), (100_000, "dataCorrupted ")] {
            let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(outcome { try decoded([Int].self, text) } == expected)
        }
        #expect(outcome { try decoded([Int].self, String(repeating: #"{"a":["#, count: 300)) } == "dataCorrupted ")
        indirect enum Nest: Decodable {
            case list([Nest])
            init(from decoder: any Decoder) throws {
                self = .list(try decoder.singleValueContainer().decode([Nest].self))
            }
        }
        let deep = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        #expect(throws: Never.self) { try decoded(Nest.self, deep) }
    }

    @Test func aDecoderMayOutliveTheCall() throws {
        struct Keeper: Decodable {
            var decoder: any Decoder
            init(from decoder: any Decoder) throws { self.decoder = decoder }
        }
        let keeper: Keeper = try decoded(#"{"a":5,"b":{},"c":[]}"#)
        #expect(try Outer(from: keeper.decoder).a == 5)
    }
}
