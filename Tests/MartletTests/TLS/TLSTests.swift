// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTLS
import MartletTestSupport
import NIOCore
import NIOSSL
import Testing

/// Connections with TLS: HTTP/1.1, and all that ends before HTTP.
struct TLSTests {
    private func withTLS(
        _ tls: ServerTLS,
        _ io: SocketIOServer = .testing(),
        configure: (inout MartletServer.Configuration) -> Void = { _ in },
        _ body: (_ port: Int) async throws -> Void
    ) async throws {
        try await withServer(.standalone, [.socketIO(io)]) {
            $0.tls = tls
            configure(&$0)
        } _: { port in
            try await body(port)
        }
    }

    @Test(arguments: BehaviourTests.transports)
    func eventsGoBothWays(transport: TransportName) async throws {
        let certificate = try TestCertificate()
        let notes = Notes()
        let io = SocketIOServer.testing()
        io.onConnection { notes.add("\($0.handshake.secure) \($0.handshake.request.head.scheme ?? "none")") }
        let tls = try ServerTLS(certificate: certificate.certificate, key: certificate.key)
        try await self.withTLS(tls, io) { port in
            try await TestTLS.$context.withValue(try TestTLS.client(of: certificate)) {
                let session = try await TestSession.joined(transport, on: port)
                let long = String(repeating: "x", count: 200_000)
                for text in ["hello", long, "bye"] {
                    try await session.send(#"42["echo","\#(text)"]"#)
                    #expect(try await session.nextMessage() == #"42["echo","\#(text)"]"#)
                }
                await session.close()
            }
        }
        #expect(notes.all == ["true https"])
    }

    @Test(arguments: BehaviourTests.transports)
    func aReceiverThatReadsLateGetsEverything(transport: TransportName) async throws {
        let certificate = try TestCertificate()
        let io = SocketIOServer.testing()
        let tls = try ServerTLS(certificate: certificate.certificate, key: certificate.key)
        try await self.withTLS(tls, io) { port in
            try await TestTLS.$context.withValue(try TestTLS.client(of: certificate)) {
                let session = try await TestSession.joined(transport, on: port)
                try await session.setReading(false)
                var count = 0
                while count < 150, await io.statistics().unsentBytes <= 1_000_000 {
                    io.emit("block", count, String(repeating: "x", count: 100_000))
                    count += 1
                }
                #expect(await io.statistics().unsentBytes > 1_000_000)
                try await session.setReading(true)
                for number in 0..<count {
                    #expect(try await session.nextMessage().hasPrefix(#"42["block",\#(number),"#))
                }
                await session.close()
            }
        }
    }

    @Test func aSessionMovesToAWebSocket() async throws {
        let certificate = try TestCertificate()
        let tls = try ServerTLS(certificate: certificate.certificate, key: certificate.key)
        try await self.withTLS(tls) { port in
            try await TestTLS.$context.withValue(try TestTLS.client(of: certificate)) {
                let session = try await TestSession.joined(.polling, on: port)
                try await session.move(to: try await session.probe())
                try await session.send(#"42["echo",1]"#)
                #expect(try await session.nextMessage() == #"42["echo",1]"#)
                await session.close()
            }
        }
    }

    @Test func aRenewedCertificateIsForNewConnections() async throws {
        let certificate = try TestCertificate()
        let renewed = try TestCertificate()
        let before = try TestTLS.client(of: certificate)
        let after = try TestTLS.client(of: renewed)
        let tls = try ServerTLS(certificate: certificate.certificate, key: certificate.key)
        try await self.withTLS(tls) { port in
            let old = try await TestTLS.$context.withValue(before) {
                try await TestSession.joined(.websocket, on: port)
            }
            try certificate.replace(by: renewed)
            try tls.reload()
            try await TestTLS.$context.withValue(after) {
                let session = try await TestSession.joined(.polling, on: port)
                await session.close()
            }
            await TestTLS.$context.withValue(before) {
                _ = await #expect(throws: (any Error).self) { try await TestSession.joined(.polling, on: port) }
            }
            try await old.send(#"42["echo",1]"#)
            #expect(try await old.nextMessage() == #"42["echo",1]"#)
            await old.close()
        }
    }

    @Test func aBrokenFileKeepsTheOldCertificate() async throws {
        let certificate = try TestCertificate()
        let client = try TestTLS.client(of: certificate)
        let tls = try ServerTLS(certificate: certificate.certificate, key: certificate.key)
        try writeFile(certificate.certificate, "half a cert")
        #expect(throws: TLSError.noCertificate(file: certificate.certificate)) { try tls.reload() }
        try await self.withTLS(tls) { port in
            try await TestTLS.$context.withValue(client) {
                let session = try await TestSession.joined(.sse, on: port)
                await session.close()
            }
        }
    }

    @Test func onlyClientsWithACertificateAreLetIn() async throws {
        let certificate = try TestCertificate()
        let friend = try TestCertificate()
        let tls = try ServerTLS(
            certificate: certificate.certificate,
            key: certificate.key,
            clientAuthority: friend.certificate
        )
        try await self.withTLS(tls) { port in
            for stranger in [nil, try TestCertificate()] {
                let client = try TestTLS.client(of: certificate, as: stranger)
                await TestTLS.$context.withValue(client) {
                    _ = await #expect(throws: (any Error).self) { try await TestSession.joined(.polling, on: port) }
                }
            }
            try await TestTLS.$context.withValue(try TestTLS.client(of: certificate, as: friend)) {
                let session = try await TestSession.joined(.websocket, on: port)
                await session.close()
            }
        }
    }

    @Test func filesThatCannotBeUsedAreNamed() throws {
        let one = try TestCertificate()
        let other = try TestCertificate()
        func reading(_ certificate: String, _ key: String, _ authority: String? = nil) -> TLSError? {
            do throws(TLSError) {
                _ = try ServerTLS(certificate: certificate, key: key, clientAuthority: authority)
                return nil
            } catch {
                return error
            }
        }
        let missing = "/nowhere/certificate.pem"
        let none = TLSError.unreadableFile(missing, reason: "No such file or directory")
        #expect(reading(missing, one.key) == none)
        #expect(reading(one.certificate, missing) == none)
        #expect(reading(one.certificate, one.key, missing) == none)
        #expect(reading(one.key, one.key) == .noCertificate(file: one.key))
        #expect(reading(one.certificate, one.certificate) == .noPrivateKey(file: one.certificate))
        #expect(reading(one.certificate, one.key, one.key) == .noCertificate(file: one.key))
        #expect(reading(one.certificate, other.key) == .keyMismatch(key: other.key, certificate: one.certificate))
        #expect(reading(one.certificate, one.key, other.certificate) == nil)
        #expect("\(none)" == "cannot read '/nowhere/certificate.pem': No such file or directory")
    }

    @Test func aDirectoryIsNoFile() {
        #expect(throws: TLSError.unreadableFile("/tmp", reason: "Is a directory")) {
            try ServerTLS(certificate: "/tmp", key: "/tmp")
        }
    }

    // MARK: Those who do not get through

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}"])
    func plainBytesEndTheirConnection(bytes: String) async throws {
        let certificate = try TestCertificate()
        let tls = try ServerTLS(
            certificate: certificate.certificate,
            key: certificate.key,
            handshakeTimeout: .seconds(2) * TestTime.factor
        )
        try await self.withTLS(tls) { port in
            let plain = try await TestConnection.connect(to: port)
            // On a slow machine the time may be over by now.
            try? await plain.write(bytes)
            try await plain.waitForEnd()
            try await TestTLS.$context.withValue(try TestTLS.client(of: certificate)) {
                let session = try await TestSession.joined(.websocket, on: port)
                await session.close()
            }
        }
    }

    @Test func aConnectionThatSaysNothingEnds() async throws {
        let certificate = try TestCertificate()
        let tls = try ServerTLS(
            certificate: certificate.certificate,
            key: certificate.key,
            handshakeTimeout: .milliseconds(100) * TestTime.factor
        )
        try await self.withTLS(tls) { port in
            try await TestConnection.connect(to: port).waitForEnd()
        }
    }

    @Test func theServerGoesDownAtOnceInTheMiddleOfAHandshake() async throws {
        let certificate = try TestCertificate()
        let tls = try ServerTLS(certificate: certificate.certificate, key: certificate.key)
        let took = try await MartletServerTests().withRunning(.testing()) {
            $0.tls = tls
        } _: { port, shutDown in
            let connection = try await TestConnection.connect(to: port)
            try await connection.write("\u{16}")
            // The server has accepted the connection once later ones are served.
            try await TestTLS.$context.withValue(try TestTLS.client(of: certificate)) {
                let session = try await TestSession.joined(.websocket, on: port)
                await session.close()
            }
            #expect(connection.channel.isActive)
            await shutDown()
            try await connection.waitForEnd()
        }
        #expect(took < .seconds(8) * TestTime.factor)
    }
}
