// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOHTTP1

/// Makes the requests of one session: their targets and header fields.
final class RequestMaker {
    let connector: ClientConnector
    let cookies = CookieJar()
    private let headers: [(name: String, value: String)]
    private var count = 0
    /// Makes the addresses of this session's requests differ from those of others.
    private let prefix = String(UInt32.random(in: 0 ... .max), radix: 36)

    init(_ address: ServerAddress, _ configuration: ClientSessionConfiguration) {
        self.connector = ClientConnector(address, configuration)
        self.headers = configuration.headers
    }

    var address: ServerAddress { self.connector.address }

    /// The path and the query. Each has its own `t`, so that no cache answers in the server's place.
    func target(_ transport: TransportName, _ terms: RequestTerms) -> String {
        var target = self.address.path + "?"
        if !self.address.query.isEmpty { target += "\(self.address.query)&" }
        target += "EIO=4&transport=\(transport)"
        if let sid = terms.sid { target += "&sid=\(EngineQuery.encoded(sid))" }
        if terms.resume { target += "&resume=1" }
        if terms.probe { target += "&probe=1" }
        if let attach = terms.attach { target += "&attach=\(attach)" }
        if let ack = terms.ack { target += "&ack=\(ack)" }
        if let seq = terms.seq { target += "&seq=\(seq)" }
        self.count += 1
        return target + "&t=\(self.prefix).\(self.count)"
    }

    /// The fields that every request has.
    func fields() -> HTTPHeaders {
        var fields = HTTPHeaders()
        fields.add(name: "Host", value: self.address.hostField)
        var cookie = self.cookies.field
        for (name, value) in self.headers {
            if name.lowercased() == "cookie" {
                cookie = cookie.map { "\(value); \($0)" } ?? value
            } else if name.lowercased() == "host" {
                fields.replaceOrAdd(name: "Host", value: value)
            } else {
                fields.add(name: name, value: value)
            }
        }
        if let cookie { fields.add(name: "Cookie", value: cookie) }
        return fields
    }
}
