// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import SocketIOWire
import Testing

@Suite struct PlaceholderTests {
    private func found(_ text: String) -> [String] {
        Placeholder.find(in: ByteBuffer(text).asSlice).map { placeholder in
            let object = String(decoding: Array(text.utf8)[placeholder.range], as: UTF8.self)
            return "\(placeholder.index.map(String.init) ?? "nil") \(object)"
        }
    }

    @Test func theyAreFoundAnywhereFromLeftToRight() {
        #expect(found(#"{"_placeholder":true,"num":0}"#) == [#"0 {"_placeholder":true,"num":0}"#])
        #expect(
            found(#"["a",{"x":[{"_placeholder":true,"num":1}],"y":{"_placeholder":true,"num":0}},3]"#)
                == [#"1 {"_placeholder":true,"num":1}"#, #"0 {"_placeholder":true,"num":0}"#])
        #expect(found(#"["_placeholder",true,{"a":"_placeholder"},{"b":"\"_placeholder\":true"}]"#).isEmpty)
    }

    @Test func theirFormDoesNotMatter() {
        #expect(found(#"{"num":3,"_placeholder":true}"#).map { $0.prefix(2) } == ["3 "])
        #expect(found("{ \"num\" :\n12 ,\t\"_placeholder\" : true }").map { $0.prefix(3) } == ["12 "])
        #expect(found(#"{"\u005fplaceholder":true,"n\u0075m":3}"#).map { $0.prefix(2) } == ["3 "])
        #expect(found(#"{"a":{"num":9},"_placeholder":true,"z":[{}],"num":3}"#).map { $0.prefix(2) } == ["3 "])
    }

    @Test func onlyTrueMakesOne() {
        for value in ["false", "null", "1", "\"true\"", "[true]", "{}"] {
            #expect(found("{\"_placeholder\":\(value),\"num\":0}").isEmpty)
        }
        // As in JavaScript the last of two members counts.
        #expect(found(#"{"_placeholder":true,"_placeholder":false,"num":0}"#).isEmpty)
        #expect(found(#"{"_placeholder":true,"num":0,"num":1}"#).map { $0.prefix(2) } == ["1 "])
    }

    @Test(arguments: ["-1", "0.0", "1e0", "1E0", "\"0\"", "null", "[0]", "2147483648", "99999999999999999999"])
    func aNumberThatIsNoIndexIsToldAsNone(number: String) {
        #expect(found("{\"_placeholder\":true,\"num\":\(number)}").map { $0.prefix(3) } == ["nil"])
    }

    @Test func whatIsWithinOneIsNotLookedAt() {
        let text = #"[{"num":1,"x":[{"_placeholder":true,"num":9}],"_placeholder":true},{"_placeholder":true,"num":2}]"#
        #expect(found(text).map { $0.prefix(2) } == ["1 ", "2 "])
    }

    @Test func aValueThatIsOneTellsItsIndex() {
        #expect(Placeholder.index(of: ByteBuffer(#"{"_placeholder":true,"num":7}"#).asSlice) == 7)
        #expect(Placeholder.index(of: ByteBuffer(#"[{"_placeholder":true,"num":7}]"#)) == nil)
        #expect(Placeholder.index(of: ByteBuffer("1")) == nil)
    }

    @Test func brokenTextNeverTraps() {
        for text in [
            "\"", "\"\\", "{\"_placeholder\":", "{\"num\":1", "}", "]]", "{\"num\"", "\"a\":", "{\"num\":}",
            "{\"_placeholder\":t",
        ] {
            _ = found(text)
        }
    }

    // MARK: - Relaying

    private func rewritten(_ text: String, attachmentCount: Int, offset: Int) -> String {
        var buffer = ByteBuffer("=")
        SocketPacketWriter.rewritePlaceholders(
            ByteBuffer(text).asSlice, attachmentCount: attachmentCount, offset: offset, into: &buffer)
        return buffer.text
    }

    @Test func aRelayedArgumentIsRenumberedAndElseUntouched() {
        #expect(rewritten(#"{"a" : 1.0}"#, attachmentCount: 0, offset: 5) == #"={"a" : 1.0}"#)
        #expect(
            rewritten(
                #"[1,{"num":0,"_placeholder":true}, {"_placeholder":true,"num":1} ]"#, attachmentCount: 2, offset: 9)
                == #"=[1,{"_placeholder":true,"num":9}, {"_placeholder":true,"num":10} ]"#)
    }

    @Test func whatOnlyLooksLikeAPlaceholderBecomesNull() {
        #expect(
            rewritten(#"[{"_placeholder":true,"num":2},{"_placeholder":true}]"#, attachmentCount: 2, offset: 0)
                == "=[null,null]")
    }
}
