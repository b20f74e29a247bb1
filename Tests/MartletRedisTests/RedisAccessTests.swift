// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import NIOCore
import Testing

@testable import MartletRedis

/// Who may come, and how.
struct RedisAccessTests {
    @Test func passwordsAreSaid() async throws {
        let redis = try await RedisServer(["--requirepass", "a b/@:é"])
        let address = redis.url.dropFirst("redis://".count)
        let bus = try RedisCluster(url: "redis://:a%20b%2F%40%3A%C3%A9@\(address)", configuration: .test())
        try await bus.settle()
        for url in ["redis://:wrong@\(address)", "redis://\(address)"] {
            let other = try RedisCluster(url: url, configuration: .test())
            let events = other.events()
            // Tried again, and never let in.
            try await eventually("refusals") { events.all.filter { $0.error?.code == .refused }.count >= 2 }
            #expect(events.all.allSatisfy { !$0.isConnected })
        }
    }

    @Test func usersAreNamed() async throws {
        let redis = try await RedisServer(["--user", "bob", "on", ">secret", "~*", "&news*", "+@all"])
        let bus = try RedisCluster(
            url: "redis://bob:secret@127.0.0.1:\(redis.port)/3", configuration: .test { $0.clientName = "node-7" })
        let events = bus.events()
        let info = try await bus.command("CLIENT", "INFO").string ?? ""
        for part in ["user=bob", "db=3", "name=node-7", "resp=3"] { #expect(info.contains(part), "\(info)") }
        // What the ACL forbids is reported, and nothing else suffers.
        let (texts, subscription) = bus.texts(of: "news")
        let (_, forbidden) = bus.texts(of: "secrets")
        try await events.wait("a refusal") { if case .refused("SUBSCRIBE", _) = $0 { true } else { false } }
        try await bus.settle()
        bus.publish("x", to: "secrets")
        bus.publish("y", to: "news")
        #expect(try await texts.wait(for: 1) == ["y"])
        for command in ["SUBSCRIBE", "PUBLISH"] {
            try await events.wait("a refusal") {
                if case .refused(command, let message) = $0 { message.hasPrefix("NOPERM") } else { false }
            }
        }
        let error = await #expect(throws: RedisError.self) { try await bus.client.flush(timeout: .seconds(20)) }
        #expect(error?.code == .messagesLost)
        subscription.cancel()
        forbidden.cancel()
    }

    @Test func errorsOfCommandsAreThrown() async throws {
        let redis = try await RedisServer()
        let bus = try RedisCluster(redis)
        let error = await #expect(throws: RedisError.self) { try await bus.command("NONE") }
        #expect(error?.code == .refused)
        #expect(error?.message.hasPrefix("ERR unknown command") == true, "\(String(describing: error))")
        #expect(try await bus.command("SET", "key", "value", "PX", 60_000) == .simple(ByteBuffer(string: "OK")))
        #expect(try await bus.command("GET", "key").string == "value")
        #expect(try await bus.command("XADD", "stream", "*", "a", "1").string?.contains("-") == true)
    }

    @Test(arguments: ["unix://", "redis+unix://"])
    func socketsInTheFileSystemAreUsed(_ scheme: String) async throws {
        let redis = try await RedisServer { ["--unixsocket", "\($0)/socket"] }
        let bus = try RedisCluster(url: "\(scheme)\(redis.directory)/socket?db=2", configuration: .test())
        let info = try await bus.command("CLIENT", "INFO").string ?? ""
        #expect(info.contains("db=2") && info.contains("\(redis.directory)/socket"), "\(info)")
    }

    // MARK: TLS

    /// - Parameter names: what the server's certificate is for.
    private func makeSecureServer(
        authenticatingClients: String,
        names: String = "DNS:localhost,IP:127.0.0.1"
    ) async throws -> (RedisServer, port: String) {
        let port = try await RedisServer.freePort()
        let redis = try await RedisServer(["--tls-port", "\(port)"]) { directory in
            try makeCertificates(in: directory, for: names)
            return [
                "--tls-cert-file", "\(directory)/server.crt", "--tls-key-file", "\(directory)/server.key",
                "--tls-ca-cert-file", "\(directory)/ca.crt", "--tls-auth-clients", authenticatingClients,
            ]
        }
        return (redis, "\(port)")
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func certificatesAreChecked(_ host: String) async throws {
        let (redis, port) = try await self.makeSecureServer(authenticatingClients: "no")
        let trusting = try RedisCluster(
            url: "rediss://\(host):\(port)",
            configuration: .test { $0.tls.trustedCertificates = "\(redis.directory)/ca.crt" })
        let (texts, subscription) = trusting.texts(of: "a")
        trusting.publish("secure", to: "a")
        #expect(try await texts.wait(for: 1) == ["secure"])
        subscription.cancel()

        // Signed by nobody whom the system trusts.
        let careful = try RedisCluster(url: "rediss://\(host):\(port)", configuration: .test())
        let events = careful.events()
        try await eventually("failures") { events.all.filter { $0.error?.code == .notConnected }.count >= 2 }
        #expect(events.all.allSatisfy { !$0.isConnected })
    }

    @Test func certificatesAreForTheirName() async throws {
        let (redis, port) = try await self.makeSecureServer(authenticatingClients: "no", names: "DNS:localhost")
        let bus = try RedisCluster(
            url: "rediss://localhost:\(port)",
            configuration: .test {
                $0.tls.trustedCertificates = "\(redis.directory)/ca.crt"
                $0.tls.serverName = "redis.example"
            })
        let events = bus.events()
        try await events.wait("a failure") { $0.error?.code == .notConnected }
        #expect(events.all.allSatisfy { !$0.isConnected })
    }

    @Test func clientsShowCertificates() async throws {
        let (redis, port) = try await self.makeSecureServer(authenticatingClients: "yes")
        let directory = redis.directory
        let bus = try RedisCluster(
            url: "rediss://localhost:\(port)",
            configuration: .test {
                $0.tls.trustedCertificates = "\(directory)/ca.crt"
                $0.tls.certificate = "\(directory)/server.crt"
                $0.tls.privateKey = "\(directory)/server.key"
            })
        try await bus.settle()
        let stranger = try RedisCluster(
            url: "rediss://localhost:\(port)",
            configuration: .test { $0.tls.trustedCertificates = "\(directory)/ca.crt" })
        let events = stranger.events()
        try await events.wait("a failure") { $0.error != nil }
        #expect(events.all.allSatisfy { !$0.isConnected })
    }

    @Test func filesThatAreMissingAreSaidAtOnce() {
        let error = #expect(throws: RedisError.self) {
            try RedisCluster(
                url: "rediss://localhost", configuration: .test { $0.tls.certificate = "/nowhere/at.all" })
        }
        #expect(error?.code == .invalidConfiguration)
    }
}

/// An authority, and a certificate that it has signed.
func makeCertificates(in directory: String, for names: String) throws {
    func openssl(_ arguments: String...) throws { try spawn(["openssl"] + arguments, wait: true) }
    try openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority",
        "-keyout", "\(directory)/ca.key", "-out", "\(directory)/ca.crt")
    try openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
        "-keyout", "\(directory)/server.key", "-out", "\(directory)/server.csr")
    try writeFile("\(directory)/names", "subjectAltName=\(names)\n")
    try openssl(
        "x509", "-req", "-in", "\(directory)/server.csr", "-CA", "\(directory)/ca.crt", "-CAkey", "\(directory)/ca.key",
        "-CAcreateserial", "-days", "2", "-extfile", "\(directory)/names", "-out", "\(directory)/server.crt")
}
