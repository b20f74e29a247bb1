// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletShared
import Testing

struct EventErrorTests {
    private func answer(_ json: String) -> SocketArguments { SocketArguments(RawArguments(Array(json.utf8))) }

    @Test func anErrorIsReadAsOne() throws {
        let told = EventError(message: "no", code: "forbidden", data: [1])
        let argument = try SocketArgument(encoding: ErrorReply(told))
        #expect(
            argument.description
                == #"{"error":{"name":"EventError","message":"no","code":"forbidden","data":[1]}}"#)
        let read = try #require(EventError(answer: self.answer(argument.description)))
        #expect(read.message == "no" && read.code == "forbidden")
        #expect(try (read.data as? SocketArgument)?.decode(as: [Int].self) == [1])
    }

    @Test(arguments: [
        #"{"error":{"message":"no"}}"#, #"{"error":{"name":"Error","message":"no"}}"#, "1", "null", "", "[]",
        #"1,{"error":{"name":"EventError","message":"no"}}"#,
    ])
    func anythingElseIsNone(json: String) {
        #expect(EventError(answer: self.answer(json)) == nil)
    }

    @Test func whatAHandlerDoesNotMeanForItsClientIsNotTold() {
        struct Secret: Error {}
        let told = EventError(telling: Secret())
        #expect(told.message == "Internal error" && told.code == "internal_error" && told.data == nil)
    }
}
