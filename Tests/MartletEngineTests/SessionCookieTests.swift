// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import Testing

@testable import MartletEngine

struct SessionCookieTests {
    private static let id = SessionID(shard: 3)

    @Test func theDefaultsAreTheReferenceServers() throws {
        let cookie = try SessionCookie()
        #expect(cookie.field(for: Self.id) == "io=\(Self.id); Path=/; HttpOnly; SameSite=Lax")
    }

    @Test func everyAttributeIsWritten() throws {
        let cookie = try SessionCookie(
            name: "__Host-sid",
            path: "/chat",
            domain: "example.org",
            maxAge: .milliseconds(90_500),
            httpOnly: false,
            secure: true,
            sameSite: SessionCookie.SameSite.none,
            partitioned: true
        )
        let attributes = "; Max-Age=90; Domain=example.org; Path=/chat; Secure; Partitioned; SameSite=None"
        #expect(cookie.field(for: Self.id) == "__Host-sid=\(Self.id)" + attributes)
    }

    @Test func whatIsLeftOutIsNotWritten() throws {
        let cookie = try SessionCookie(path: nil, httpOnly: false, sameSite: nil)
        #expect(cookie.field(for: Self.id) == "io=\(Self.id)")
    }

    @Test(arguments: ["", "a b", "a=b", "a;b", "a\r\nSet-Cookie: b", "ä", "a\0"])
    func aNameThatIsNoneIsRefused(name: String) {
        #expect(throws: SessionCookie.InvalidAttribute.self) { try SessionCookie(name: name) }
    }

    @Test(arguments: ["/;Secure", "/\r\nX: y", "/ä", "/\u{7f}"])
    func aValueThatCannotBeInACookieIsRefused(value: String) {
        #expect(throws: SessionCookie.InvalidAttribute.self) { try SessionCookie(path: value) }
        #expect(throws: SessionCookie.InvalidAttribute.self) { try SessionCookie(domain: value) }
    }

    @Test func aCookieForOtherSitesMustBeSecure() throws {
        #expect(throws: SessionCookie.InvalidAttribute.self) {
            try SessionCookie(sameSite: SessionCookie.SameSite.none)
        }
        #expect(throws: SessionCookie.InvalidAttribute.self) { try SessionCookie(partitioned: true) }
    }
}
