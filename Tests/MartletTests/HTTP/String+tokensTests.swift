// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Martlet

struct StringTokensTests {
    @Test(
        arguments: [
            ("close", true), ("Close", true), ("keep-alive, close", true), ("a,CLOSE ,b", true), ("\tclose\t", true),
            (" close ;q=1", true), ("", false), (",", false), ("closed", false), ("clos", false), ("c lose", false),
            ("keep-alive", false),
        ]
    )
    func anElementOfAListIsFound(list: String, isFound: Bool) {
        #expect(list.hasToken("close") == isFound)
    }

    @Test func onlyTheCaseMayDiffer() {
        #expect("Content-Type".isSame("content-TYPE"))
        #expect(!"Content-Type".isSame("Content-Typ"))
        // What differs from a letter or a hyphen in the same bit as the cases do.
        #expect(!"Content\rType".isSame("Content-Type"))
        #expect(!"@".isSame("`"))
        #expect(!"\u{c4}".isSame("\u{e4}"))
    }
}
