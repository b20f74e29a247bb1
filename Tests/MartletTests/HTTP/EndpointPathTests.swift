// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Martlet

struct EndpointPathTests {
    @Test(arguments: ["/socket.io/", "/socket.io", "socket.io", "socket.io/"])
    func slashesMayBeMissing(path: String) {
        #expect(EndpointPath(path).text == "/socket.io/")
    }

    @Test(
        arguments: [
            ("/socket.io/", true), ("/socket.io", true), ("/socket.io?EIO=4", true), ("/socket.io/?EIO=4", true),
            ("/socket.io/martlet.js", true), ("/socket.iox", false), ("/socket.i", false), ("/", false), ("", false),
            ("/a/socket.io/", false), ("*", false), ("/socket.io#x", false), ("/SOCKET.IO/", false),
        ]
    )
    func targetsLieUnderThePathOrNot(target: String, isContained: Bool) {
        #expect(EndpointPath("/socket.io/").contains(target) == isContained)
    }

    @Test func theRootContainsEverything() {
        let root = EndpointPath("/")
        #expect(root.contains("/"))
        #expect(root.contains("/any/thing?x"))
        #expect(root.remainder(of: "/any/thing?x") == "any/thing")
    }

    @Test func whatFollowsThePathIsItsRemainder() {
        let path = EndpointPath("/socket.io/")
        #expect(path.remainder(of: "/socket.io/martlet.js?v=1") == "martlet.js")
        #expect(path.remainder(of: "/socket.io/") == "")
        #expect(path.remainder(of: "/socket.io") == nil)
        #expect(path.remainder(of: "/other/martlet.js") == nil)
    }
}
