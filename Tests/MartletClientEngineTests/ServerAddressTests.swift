// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletClientEngine
import Testing

struct ServerAddressTests {
    @Test func partsOfAnAddress() throws {
        let address = try ServerAddress("wss://Example.com:8443/chat?a=b&sid=x&c#end", path: "mount//here")
        #expect(address.isSecure)
        #expect(address.host == "example.com")
        #expect(address.port == 8443)
        #expect(address.namespace == "/chat")
        #expect(address.query == "a=b&c")
        #expect(address.path == "/mount/here/")
        #expect(address.hostField == "example.com:8443")
    }

    @Test(arguments: [
        ("http://h", false, "h", 80, "h"), ("ws://h:80", false, "h", 80, "h"), ("https://h:80", true, "h", 80, "h:80"),
        ("h:3000", true, "h", 3000, "h:3000"), ("http://[::1]:99/", false, "::1", 99, "[::1]:99"),
        ("http://127.0.0.1:", false, "127.0.0.1", 80, "127.0.0.1"),
    ])
    func hostsAndPorts(text: String, isSecure: Bool, host: String, port: Int, field: String) throws {
        let address = try ServerAddress(text)
        #expect(address.isSecure == isSecure)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.hostField == field)
        #expect(address.namespace == "/")
        #expect(address.path == "/socket.io/")
    }

    @Test(arguments: [
        "", "http://", "ftp://h", "http://h:0", "http://h:65536", "http://h:+1", "http://a b", "http://u:p@h",
        "http://[::1", "http://[::1]x", "http://[1.2]", "http://h/ü", "http://h?a b", "http://h\r\nX: y",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect { try ServerAddress(text) } throws: { ($0 as? ClientError)?.code == .invalidAddress }
    }
}
