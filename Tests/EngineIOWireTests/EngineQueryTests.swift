// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletTestSupport
import Testing

@Suite struct EngineQueryTests {
    @Test func everyKeyIsRead() {
        let query = EngineQuery(
            target:
                "/socket.io/?EIO=4&transport=polling&sid=abc&j=0&b64=1&resume=1&attach=3&ack=17&seq=18&probe=1&t=x&token=a%20b"
        )
        #expect(query.protocolVersion == "4")
        #expect(query.transport == "polling")
        #expect(query.sid == "abc")
        #expect(query.j == "0")
        #expect(query.wantsBase64)
        #expect(query.wantsResume)
        #expect(query.isProbe)
        #expect(query.attach == 3)
        #expect(query.ack == 17)
        #expect(query.seq == 18)
        #expect(!query.hasMalformedCount)
        #expect(query.pairs.last?.name == "token")
        #expect(query.pairs.last?.value == "a b")
        #expect(query.raw.hasPrefix("EIO=4&"))
        #expect(query.raw.hasSuffix("token=a%20b"))
    }

    @Test(arguments: ["/socket.io/", "/socket.io/?", "", "?", "/socket.io/?&&&", "/socket.io/#?EIO=4"])
    func nothingIsThereWhenNothingWasSent(target: String) {
        let query = EngineQuery(target: target)
        #expect(query.protocolVersion == nil)
        #expect(query.transport == nil)
        #expect(query.sid == nil)
        #expect(!query.wantsResume && !query.wantsBase64 && !query.isProbe && !query.hasMalformedCount)
        #expect(query.attach == nil && query.ack == nil && query.seq == nil)
    }

    @Test(arguments: ["", "abc-._~XYZ019", "a b&c=d#e?f+g%41/é\u{0}😀"])
    func whatIsEncodedIsReadAgain(text: String) {
        let encoded = EngineQuery.encoded(text)
        #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"&=#?+/".utf8.contains($0) })
        let pairs = EngineQuery(target: "/?a=\(encoded)&sid=1").pairs
        #expect(pairs.map(\.value) == [text, "1"])
    }

    @Test func theLastOfTwoWins() {
        #expect(EngineQuery(target: "/?sid=a&sid=b").sid == "b")
        #expect(EngineQuery(target: "/?transport=polling&EIO=3&transport=&EIO=4").transport == "")
    }

    @Test(arguments: [
        ("%", "%"), ("%%", "%%"), ("%4", "%4"), ("%4g", "%4g"), ("a%zzb", "a%zzb"), ("%41", "A"), ("%4a%4A", "JJ"),
        ("a+b", "a b"), ("%2B", "+"), ("%F0%9F%90%A6", "🐦"), ("%ff", "\u{fffd}"), ("a=b=c", "a=b=c"), ("%00", "\0"),
        ("%26", "&"), ("%%41", "%A"), ("é", "é"), ("%é", "%é"),
    ])
    func percentEscapesAreDecodedAndBadOnesStandForThemselves(encoded: String, decoded: String) {
        #expect(EngineQuery(target: "/?sid=\(encoded)").sid == decoded)
    }

    @Test func keysAreDecodedToo() {
        #expect(EngineQuery(target: "/?%73id=a").sid == "a")
    }

    @Test(arguments: ["attach", "ack", "seq"])
    func aCountThatIsNoneIsTold(key: String) {
        for value in ["", "-1", "1.5", "x", " 1", "01", "9007199254740992", "99999999999999999999999999"] {
            #expect(EngineQuery(target: "/?\(key)=\(value)").hasMalformedCount, "\(value)")
        }
        #expect(!EngineQuery(target: "/?\(key)=9007199254740991").hasMalformedCount)
    }

    @Test func ofKeysWithoutEndTheProtocolsAreReadAndSomeAreKept() {
        let filler = String(repeating: "x=1&", count: 2 * EngineQuery.maxPairs)
        let query = EngineQuery(target: "/?\(filler)sid=a")
        #expect(query.sid == "a")
        #expect(query.pairs.count == EngineQuery.maxPairs)
    }

    @Test func randomTargetsNeverTrap() {
        var random = SeededGenerator(seed: 7)
        let parts = ["?", "&", "=", "%", "%4", "%41", "sid", "ack", "+", "é", "#", "9", "\0", "🐦", "%F0%9F"]
        for _ in 0..<5_000 {
            let target = (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in
                parts.randomElement(using: &random)
            }.joined()
            _ = EngineQuery(target: target).pairs
        }
    }
}
