// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MartletRedis

struct RedisURLTests {
    @Test func addressesAreRead() throws {
        #expect(try RedisURL("redis://localhost").endpoint == .host("localhost", port: 6379))
        #expect(try RedisURL("redis://").endpoint == .host("localhost", port: 6379))
        #expect(try RedisURL("REDIS://example.org:1/").endpoint == .host("example.org", port: 1))
        #expect(try RedisURL("redis://[::1]").endpoint == .host("::1", port: 6379))
        #expect(try RedisURL("redis://[fe80::1]:7000/2").endpoint == .host("fe80::1", port: 7000))
        #expect(try RedisURL("unix:///run/redis%20x.sock").endpoint == .unix(path: "/run/redis x.sock"))
        #expect(try RedisURL("rediss://a").usesTLS)
        #expect(try !RedisURL("redis://a").usesTLS)
    }

    @Test func loginsAreRead() throws {
        let url = try RedisURL("rediss://bob:p%40s:s@a:1/7")
        #expect(url.user == "bob" && url.password == "p@s:s" && url.database == 7)
        let password = try RedisURL("redis://:secret@a?db=4")
        #expect(password.user == nil && password.password == "secret" && password.database == 4)
        #expect(try RedisURL("unix://:secret@/run/redis?db=1").password == "secret")
    }

    @Test(arguments: [
        "", "localhost", "http://a", "redis://a:b", "redis://a:0", "redis://a:65536", "redis://a/x", "redis://a/-1",
        "redis://bob@a", "redis://:%zz@a", "redis://:%f@a", "redis://:%ff@a", "unix://", "unix:///", "unix://host/path",
    ])
    func othersAreRefused(_ url: String) {
        let error = #expect(throws: RedisError.self) { try RedisURL(url) }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func passwordsAreNotRepeated() {
        let error = #expect(throws: RedisError.self) { try RedisURL("redis://bob:secret@host:port") }
        #expect(error.map { !"\($0)".contains("secret") } == true)
    }
}
