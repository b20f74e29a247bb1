// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Logging
import MartletClient
import MartletClientEngine
import MartletEngine
import MartletShared
import NIOCore
import NIOSSL
import SocketIOWire

/// What all commands want to know of the server.
struct ConnectionOptions: ParsableArguments {
    @Argument(help: "The server: http(s)://HOST:PORT, with the namespace as its path.") var url: String
    @Option(help: "The namespace, if the address does not name it.") var namespace: String?
    @Option(help: "The only transport to use: websocket, sse or polling.", transform: Self.transport)
    var transport: TransportName?
    @Option(help: "An object in JSON, by which the server knows who comes.") var auth: JSONArgument?
    @Option(name: .customLong("header"), help: "A header field for every request, 'Name: value'; repeatable.")
    var headers: [HeaderField] = []
    @Option(help: "Where Socket.IO is mounted on the server.") var path = "/socket.io/"
    @Option(help: "A file with the certificates of authorities to trust, besides the system's.") var ca: String?
    @Flag(help: "Take any certificate, even one that is not trusted: for tests only.") var insecure = false
    @Option(help: "How many seconds opening the connection, and each answer, may take.") var timeout = 10.0

    @Sendable private static func transport(_ name: String) throws -> TransportName {
        let transports: [TransportName] = [.websocket, .sse, .polling]
        guard let transport = transports.first(where: { $0.rawValue == name }) else {
            throw ValidationError("There is no transport '\(name)': websocket, sse or polling.")
        }
        return transport
    }

    func validate() throws {
        guard self.timeout > 0, self.timeout <= 3600 else {
            throw ValidationError("--timeout: \(self.timeout) is no time: more than 0 and at most 3600 seconds.")
        }
        if let auth = self.auth, !auth.isObject {
            throw ValidationError("--auth: the authentication data is an object, such as '{\"token\":\"secret\"}'.")
        }
        do throws(ClientError) {
            _ = try self.address()
        } catch {
            throw ValidationError("\(self.url): \(error).")
        }
    }

    /// The fields of a session, for what goes below the client.
    func sessionConfiguration() throws -> ClientSessionConfiguration {
        var session = ClientSessionConfiguration()
        session.headers = self.headers.map { ($0.name, $0.value) }
        session.tls = try self.tls()
        session.openTimeout = .nanoseconds(Int64(self.timeout * 1e9))
        return session
    }

    func address() throws(ClientError) -> ServerAddress { try ServerAddress(self.url, path: self.path) }

    /// - Parameters:
    ///   - reconnects: whether a connection that is lost is opened again.
    ///   - isLossless: whether to ask for a lossless session.
    func makeClient(reconnects: Bool, isLossless: Bool = true) throws -> SocketIOClient {
        var configuration = SocketIOClientConfiguration()
        configuration.path = self.path
        if let transport = self.transport { configuration.transports = [transport] }
        configuration.headers = self.headers.map { ($0.name, $0.value) }
        configuration.tls = try self.tls()
        configuration.timeout = .seconds(self.timeout)
        configuration.isLossless = isLossless
        // The commands themselves say what happens.
        configuration.logger = Logger(label: "martlet") { _ in SwiftLogNoOpLogHandler() }
        if !reconnects { configuration.maxReconnectionAttempts = 0 }
        return try SocketIOClient(self.url, configuration: configuration)
    }

    func makeSocket(_ client: SocketIOClient) -> ClientSocket {
        guard let auth = self.auth else { return client.socket(self.namespace) }
        return client.socket(self.namespace) { auth.argument }
    }

    private func tls() throws -> TLSConfiguration? {
        guard self.insecure || self.ca != nil else { return nil }
        var tls = TLSConfiguration.makeClientConfiguration()
        if self.insecure { tls.certificateVerification = .none }
        if let file = self.ca {
            do {
                tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(file))]
            } catch {
                throw ToolFailure("--ca: \(file) cannot be read as a file of certificates (PEM).")
            }
        }
        return tls
    }
}

struct HeaderField: ExpressibleByArgument {
    let name: String
    let value: String

    init?(argument: String) {
        guard let colon = argument.firstIndex(of: ":"), colon != argument.startIndex else { return nil }
        self.name = String(argument[..<colon])
        self.value = String(argument[argument.index(after: colon)...].drop { $0 == " " })
    }
}

/// A JSON text from the command line.
struct JSONArgument: ExpressibleByArgument {
    let argument: SocketArgument
    let isObject: Bool

    init?(argument: String) {
        guard let kind = try? JSONScanner.validate(.init(string: argument)) else { return nil }
        self.argument = SocketArgument(RawArguments(Array(argument.utf8)))
        self.isObject = kind == .object
    }
}
