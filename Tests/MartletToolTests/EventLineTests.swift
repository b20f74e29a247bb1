// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import martlet_tool

struct EventLineTests {
    static let lines: [(String, String, Bool, String)] = [
        ("say", "say", false, ""),
        (
            "  say \"a b\"\t[1, 2]  {\"c\": \"} \\\" {\"} -1.5e3 \r", "say", false,
            "\"a b\",[1, 2],{\"c\": \"} \\\" {\"},-1.5e3"
        ),
        ("sum? 1 2", "sum", true, "1,2"),
        ("\"a \\u0062?\"? null", "a b?", true, "null"),
        ("\"really?\" true", "really?", false, "true"),
        ("?", "?", false, ""),
        ("é \"é\"", "é", false, "\"é\""),
    ]

    @Test(arguments: lines)
    func isRead(line: (text: String, event: String, isQuestion: Bool, arguments: String)) throws {
        let read = try #require(try EventLine(line.text))
        #expect(read.event == line.event)
        #expect(read.isQuestion == line.isQuestion)
        #expect("\(read.arguments)" == line.arguments)
    }

    @Test(arguments: ["", " ", "\t \r"])
    func anEmptyLineIsNone(text: String) throws {
        let line = try EventLine(text)
        #expect(line?.event == nil)
    }

    @Test(arguments: [
        "say hello", "say \"a", "say [1", "say {\"a\":1", "say 1]", "say 1,2", "say '1'", "\"say", "connect",
        "connect? 1",
        "\"a\\x\" 1",
    ])
    func isRefused(text: String) {
        #expect(throws: ToolFailure.self) { try EventLine(text) }
    }
}
