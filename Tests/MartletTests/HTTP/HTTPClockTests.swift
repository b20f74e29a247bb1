// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Martlet

struct HTTPClockTests {
    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
        ]
    )
    func aTimeIsWrittenAsHTTPHasIt(seconds: Int, text: String) {
        #expect(HTTPClock.format(seconds) == text)
    }

    @Test func theTimeIsThatOfTheClock() {
        var clock = HTTPClock()
        let date = clock.date()
        #expect(date.utf8.count == "Sun, 06 Nov 1994 08:49:37 GMT".utf8.count)
        #expect(date.hasSuffix(" GMT"))
    }
}
