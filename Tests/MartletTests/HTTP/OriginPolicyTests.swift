// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import MartletEvents
import Testing

@testable import Martlet

struct OriginPolicyTests {
    private func head(
        _ method: HTTPRequest.Method = .get,
        origin: String?,
        host: String = "example.com",
        asksFor fields: String? = nil
    ) -> RequestHead {
        var head = HTTPRequest(method: method, scheme: "http", authority: host, path: "/")
        head.headerFields[.origin] = origin
        head.headerFields[.accessControlRequestHeaders] = fields
        return RequestHead(head)
    }

    @Test(
        arguments: [
            ("http://example.com", "example.com", true), ("https://example.com", "example.com", true),
            ("http://EXAMPLE.com", "example.COM", true), ("http://example.com:8080", "example.com:8080", true),
            ("http://example.com", "example.com:80", true), ("https://example.com", "example.com:443", true),
            ("https://example.com", "example.com:80", false), ("http://example.com", "example.com:8080", false),
            ("http://example.com:8080", "example.com:80", false),
            // nginx's $host has no port.
            ("http://example.com:8080", "example.com", true),
            ("http://example.org", "example.com", false), ("http://example.com.evil.org", "example.com", false),
            ("http://evil.org/example.com", "example.com", false), ("null", "example.com", false),
            ("", "example.com", false), ("example.com", "example.com", false), ("http://", "", false),
            ("http://[::1]:3000", "[::1]:3000", true), ("http://[::1]", "[::1]:80", true),
            ("http://[::1]", "[::2]", false), ("http://[::1]:3000", "[::1]:3001", false),
        ]
    )
    func originsAreComparedWithTheHost(origin: String, host: String, isSame: Bool) {
        #expect(OriginPolicy.isSameOrigin(origin, host: host) == isSame)
        #expect(OriginPolicy(cors: nil).allows(self.head(origin: origin, host: host), from: nil) == isSame)
    }

    @Test func noHostIsNobodysOrigin() {
        #expect(!OriginPolicy.isSameOrigin("http://example.com", host: nil))
    }

    @Test func whoSendsNoOriginIsNoPage() {
        #expect(OriginPolicy(cors: nil).allows(self.head(origin: nil), from: nil))
    }

    @Test func listedOriginsAreAllowed() {
        let listed = OriginPolicy(cors: .init(allowedOrigins: .only(["https://a.org"])))
        #expect(listed.allows(self.head(origin: "https://a.org"), from: nil))
        #expect(!listed.allows(self.head(origin: "http://a.org"), from: nil))
        #expect(!listed.allows(self.head(origin: "https://b.org"), from: nil))
        #expect(OriginPolicy(cors: .init(allowedOrigins: .any)).allows(self.head(origin: "null"), from: nil))
    }

    @Test func aFunctionSaysWhichOriginsAreAllowed() {
        let policy = OriginPolicy(cors: .init(allowedOrigins: .matching { $0.hasSuffix(".a.org") }))
        #expect(policy.allows(self.head(origin: "https://x.a.org"), from: nil))
        #expect(!policy.allows(self.head(origin: "https://x.b.org"), from: nil))
        let fields = policy.fields(for: self.head(origin: "https://x.a.org"))
        #expect(fields[.accessControlAllowOrigin] == "https://x.a.org")
        #expect(fields[.vary] == "Origin")
        #expect(policy.fields(for: self.head(origin: "https://x.b.org"))[.accessControlAllowOrigin] == nil)
    }

    @Test func withoutCORSThereAreNoFields() {
        let policy = OriginPolicy(cors: nil)
        #expect(policy.fields(for: self.head(origin: "http://a.org")).isEmpty)
        #expect(!policy.isPreflight(self.head(.options, origin: "http://a.org")))
    }

    @Test func theStarNeverGoesWithCredentials() {
        let open = OriginPolicy(cors: .init(allowedOrigins: .any))
        #expect(open.fields(for: self.head(origin: "http://a.org"))[.accessControlAllowOrigin] == "*")
        let withCredentials = OriginPolicy(cors: .init(allowedOrigins: .any, allowsCredentials: true))
        let fields = withCredentials.fields(for: self.head(origin: "http://a.org"))
        #expect(fields[.accessControlAllowOrigin] == "http://a.org")
        #expect(fields[.accessControlAllowCredentials] == "true")
        #expect(fields[.vary] == "Origin")
    }

    @Test func anAnswerThatDependsOnTheOriginSaysSo() {
        let policy = OriginPolicy(cors: .init(allowedOrigins: .only(["http://a.org"])))
        for origin in [nil, "http://a.org", "http://b.org"] {
            let fields = policy.fields(for: self.head(origin: origin))
            #expect(fields[.vary] == "Origin")
            #expect(fields[.accessControlAllowOrigin] == (origin == "http://a.org" ? origin : nil))
        }
    }

    @Test func aPreflightRequestMayBeToldTheAllowedFields() {
        let policy = OriginPolicy(cors: .init(allowedOrigins: .any, allowedHeaders: ["x-a", "x-b"]))
        let head = self.head(.options, origin: "http://a.org", asksFor: "x-c")
        #expect(policy.isPreflight(head))
        #expect(policy.preflightFields(for: head)[.accessControlAllowHeaders] == "x-a,x-b")
        #expect(policy.preflightFields(for: head)[.accessControlMaxAge] == "600")
        let uncached = OriginPolicy(cors: .init(allowedOrigins: .any, maxAge: nil))
        #expect(uncached.preflightFields(for: head)[.accessControlMaxAge] == nil)
        #expect(uncached.preflightFields(for: head)[.accessControlAllowHeaders] == "x-c")
    }
}
