// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletShared
import NIOCore
import Testing

struct ArgumentValueTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-7", "9223372036854775807", "18446744073709551615", "1.5", "1e300", #""a\n""#,
        "[]",
        "{}", #"[null,[1,"two"],{"b":{"c":[]},"a":true}]"#,
    ])
    func anyJSONIsReadAndWrittenAsItWas(json: String) throws {
        let value = try JSONArgumentCoder().decode(
            ArgumentValue.self, from: ByteBuffer(string: json), attachments: [])
        #expect(try SocketArgument(encoding: value).description == json.replacing("1e300", with: "1e+300"))
    }

    @Test func binaryIsFoundWhereverItStands() throws {
        let binary = ByteBuffer(string: "binary")
        let json = #"[{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}]"#
        let value = try JSONArgumentCoder().decode(
            ArgumentValue.self, from: ByteBuffer(string: json), attachments: [binary])
        let broken = [
            ArgumentValue.Member(name: "_placeholder", value: .bool(true)), .init(name: "num", value: .integer(1)),
        ]
        #expect(
            value == .array([.binary(binary), .object([.init(name: "a", value: .binary(binary))]), .object(broken)]))
    }
}
