// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletShared
import NIOCore
import Testing

@Suite struct ArgumentEncoderTests {
    struct Picture: Codable, Equatable {
        var title: String
        var data: ByteBuffer
        var thumbnails: [[UInt8]]
        var slice: [UInt8]?
        var none: [UInt8]?
        var byName: [String: ByteBuffer]
    }

    @Test func binaryBecomesAttachments() throws {
        let picture = Picture(
            title: "t", data: ByteBuffer(bytes: [1, 2]), thumbnails: [[3], []], slice: [8, 7], none: nil,
            byName: ["k": ByteBuffer(bytes: [5])]
        )
        var buffer = ByteBuffer(string: "[")
        var attachments = [ByteBuffer(bytes: [0])]
        try ArgumentEncoder.encode(picture, into: &buffer, attachments: &attachments)
        let hole = { (number: Int) in #"{"_placeholder":true,"num":\#(number)}"# }
        #expect(
            String(buffer: buffer)
                == #"[{"title":"t","data":\#(hole(1)),"thumbnails":[\#(hole(2)),\#(hole(3))],"slice":\#(hole(4)),"byName":{"k":\#(hole(5))}}"#
        )
        #expect(attachments == [[0], [1, 2], [3], [], [8, 7], [5]].map { ByteBuffer(bytes: $0 as [UInt8]) })
        buffer.moveReaderIndex(forwardBy: 1)
        #expect(try ArgumentDecoder.decode(Picture.self, from: buffer, attachments: attachments) == picture)
    }

    @Test func binaryAloneIsAPlaceholder() throws {
        var buffer = ByteBuffer()
        var attachments: [ByteBuffer] = []
        try ArgumentEncoder.encode([1] as [UInt8], into: &buffer, attachments: &attachments)
        try ArgumentEncoder.encode(ByteBuffer(bytes: [2]), into: &buffer, attachments: &attachments)
        try ArgumentEncoder.encode(Optional([3] as [UInt8]), into: &buffer, attachments: &attachments)
        #expect(String(buffer: buffer) == (0...2).map { #"{"_placeholder":true,"num":\#($0)}"# }.joined())
        #expect(attachments.map(\.readableBytes) == [1, 1, 1])
    }

    @Test func placeholdersThatNameNoAttachmentThrow() throws {
        let one = [ByteBuffer(bytes: [1])]
        #expect(try decoded([UInt8].self, #"{"num":0,"_placeholder":true}"#, one) == [1])
        #expect(try decoded([UInt8].self, "[1,2,255]") == [1, 2, 255])
        #expect(outcome { try decoded([UInt8].self, "[1,256]") } == "dataCorrupted [1]")
        for text in ["1", "-1", "9223372036854775807"] {
            #expect(
                outcome { try decoded([ByteBuffer].self, #"[{"_placeholder":true,"num":\#(text)}]"#, one) }
                    == "dataCorrupted [0]")
        }
        for text in [
            "{}", #"{"_placeholder":false,"num":0}"#, #"{"_placeholder":true,"num":"0"}"#,
            #"{"_placeholder":true,"num":0,"x":1}"#,
            #"{"_placeholder":true,"num":99999999999999999999}"#, #""AQ==""#,
        ] {
            #expect(outcome { try decoded(ByteBuffer.self, text, one) } == "typeMismatch ByteBuffer ", "\(text)")
        }
        #expect(outcome { try decoded(ByteBuffer.self, "null", one) } == "valueNotFound ByteBuffer ")
    }

    @Test func stringsAreEscapedAsJavaScriptDoes() throws {
        #expect(
            try encoded("a/\"\\\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}\u{2028}é😀\0")
                == "\"a/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\u{7f}\u{2028}é😀\\u0000\"")
        #expect(try encoded("") == #""""#)
        #expect(try encoded(["k\"\n": ""]) == #"{"k\"\n":""}"#)
        for position in 0..<20 {
            let text = String(repeating: "é", count: position) + "\n" + String(repeating: "a", count: 20 - position)
            #expect(try decoded(String.self, encoded(text)) == text)
            #expect(try encoded([text]) == "[\(encoded(text))]")
        }
    }

    @Test func scalarsAndCollectionsOfThem() throws {
        #expect(try encoded(1.0) == "1" && encoded(-0.0) == "-0" && encoded(1e16) == "1e+16" && encoded(0.1) == "0.1")
        #expect(try encoded(Int.min) == "-9223372036854775808" && encoded(UInt64.max) == "18446744073709551615")
        #expect(try encoded(true) == "true" && encoded(Int?.none) == "null" && encoded(Int??.some(3)) == "3")
        #expect(try encoded([Int]()) == "[]" && encoded([String: Int]()) == "{}" && encoded([String: String]()) == "{}")
        #expect(try encoded([nil, "a"]) == #"[null,"a"]"# && encoded([[true], []]) == "[[true],[]]")
        #expect(try encoded([1: ["a": nil as Int?]]) == #"{"1":{"a":null}}"#)
        #expect(try encoded(URL(string: "http://a/b")) == #"{"relative":"http://a/b"}"#)
        #expect(try encoded(Date(timeIntervalSinceReferenceDate: 1.5)) == "1.5")
    }

    struct Keyed: Encodable { var list: [[Double]], float: Float }

    @Test func numbersThatAreNotFiniteThrowWithTheirPath() throws {
        for (value, path) in [
            (Keyed(list: [[], [1, .nan]], float: 1), ".list[1][1]"), (Keyed(list: [], float: -.infinity), ".float"),
        ] {
            #expect(outcome { try encoded(value) } == "invalidValue \(path)")
            #expect(outcome { try JSONEncoder().encode(value) } == "invalidValue \(path)")
        }
        #expect(outcome { try encoded(Double.nan) } == "invalidValue ")
        #expect(outcome { try encoded([Double.infinity]) } == "invalidValue [0]")
        #expect(outcome { try encoded(["k": Double.infinity]) } == "invalidValue .k")
        var buffer = ByteBuffer(string: "x")
        var attachments = [ByteBuffer()]
        #expect(throws: EncodingError.self) {
            try ArgumentEncoder.encode([["a": 1.0], ["b": .nan]], into: &buffer, attachments: &attachments)
        }
        #expect(String(buffer: buffer) == "x" && attachments.count == 1)
    }

    struct Raw: RawJSONConvertible, Equatable {
        var text: String
        var binary: [ByteBuffer] = []
        init(_ text: String, _ binary: [ByteBuffer] = []) { (self.text, self.binary) = (text, binary) }
        init(json: ByteBuffer, attachments: [ByteBuffer]) { self.init(String(buffer: json), attachments) }
        func write(into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) {
            buffer.writeString(text.replacing("#", with: "\(attachments.count)"))
            attachments += binary
        }
    }
    struct Wrapper: Codable { var before: Int, raw: Raw, after: [Raw] }

    @Test func rawValuesPassThrough() throws {
        let value = Wrapper(
            before: 1, raw: Raw("{ \"x\":#}", [ByteBuffer(bytes: [1])]), after: [Raw("1.50"), Raw("\"#\"")])
        var buffer = ByteBuffer()
        var attachments: [ByteBuffer] = []
        try ArgumentEncoder.encode(value, into: &buffer, attachments: &attachments)
        #expect(String(buffer: buffer) == #"{"before":1,"raw":{ "x":0},"after":[1.50,"1"]}"#)
        #expect(attachments == [ByteBuffer(bytes: [1])])
        let text = #"{"after":[ null , "a\n",true,false,-1.5e3 ],"raw": {"y": [ 1 , {} ] } ,"before":2}"#
        let back: Wrapper = try decoded(text, attachments)
        #expect(back.raw == Raw(#"{"y": [ 1 , {} ] }"#, attachments))
        #expect(back.after.map(\.text) == ["null", #""a\n""#, "true", "false", "-1.5e3"])
        #expect(try decoded(Raw.self, " [1] ").text == "[1]")
        #expect(throws: EncodingError.self) { try JSONEncoder().encode([Raw("1")]) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Raw].self, from: Data("[1]".utf8)) }
    }
}
