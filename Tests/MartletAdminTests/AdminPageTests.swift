// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import NIOCore
import Testing

@testable import MartletAdmin

/// The files of the page, as they are served.
struct AdminPageTests {
    private let endpoint: AdminEndpoint

    init() {
        var configuration = SocketIOConfiguration()
        configuration.engine.path = "/a\"><b>&/"
        self.endpoint = AdminEndpoint(path: "/deep/admin", server: SocketIOServer(configuration: configuration))
    }

    private func answer(_ path: String, _ method: HTTPRequest.Method = .get) -> MartletServer.Reply {
        let request = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path)
        return self.endpoint.respond(to: request, body: ByteBuffer())
    }

    @Test func thePageIsServedUnderItsPath() {
        let page = self.answer("/deep/admin/")
        #expect(page.status == .ok)
        #expect(page.headerFields[.contentType] == "text/html; charset=utf-8")
        let text = String(buffer: page.body)
        #expect(text.contains(#"data-path="/a&quot;>&lt;b>&amp;/" data-namespace="/deep/admin">"#))
        #expect(!text.contains("{{"))
        // Its files are named relatively, so it needs the slash at the end.
        for bare in ["/deep/admin", "/deep/admin?a"] {
            let answer = self.answer(bare)
            #expect(answer.status == .permanentRedirect)
            #expect(answer.headerFields[.location] == "admin/")
        }
    }

    @Test func everythingThatThePageNamesIsThere() throws {
        var names: Set<String> = []
        var pages = ["": String(buffer: self.answer("/deep/admin/").body)]
        while let (name, text) = pages.popFirst() {
            names.insert(name)
            let pattern = /(?:src|href|from )=?"(?:.\/)?([\w.-]+\.(?:js|css|svg))"/
            for match in text.matches(of: pattern) where !names.contains(String(match.1)) {
                let answer = self.answer("/deep/admin/\(match.1)")
                #expect(answer.status == .ok, "\(match.1)")
                pages[String(match.1)] = match.1.hasSuffix(".js") ? String(buffer: answer.body) : ""
            }
        }
        #expect(names.isSuperset(of: ["admin.css", "admin.js", "martlet.js", "martlet.svg", "page.js", "figure.js"]))
        // There are no inline scripts and styles, which the policy would stop.
        let page = String(buffer: self.answer("/deep/admin/").body)
        #expect(!page.contains(/<script>|<style|style=|\son[a-z]+=/))
    }

    @Test(arguments: ["/deep/admin/", "/deep/admin", "/deep/admin/admin.js", "/deep/admin/nothing"])
    func everyAnswerIsGuarded(path: String) throws {
        let fields = self.answer(path).headerFields
        let policy = try #require(fields[.contentSecurityPolicy])
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe"))
        #expect(fields[.cacheControl] == "no-store")
        #expect(fields[.xContentTypeOptions] == "nosniff")
    }

    @Test func otherRequestsAreRefused() {
        #expect(self.answer("/deep/admin/../secret").status == .notFound)
        #expect(self.answer("/deep/admin/", .head).status == .ok)
        let answer = self.answer("/deep/admin/", .post)
        #expect(answer.status == .methodNotAllowed)
        #expect(answer.headerFields[.allow] == "GET, HEAD")
    }
}
