// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MartletClient
import NIOCore

/// The Swift client in a process of its own: for conformance suites and measurements.
@main
struct InteropClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interop-client",
        abstract: "Martlet's Swift client, for other programs to test and measure.",
        subcommands: [ForeignServer.self, Cycles.self, Crowd.self]
    )
}

/// The server, and the way to it.
struct ServerOptions: ParsableArguments {
    @Argument(help: "The server's address.") var url: String
    @Option(help: "The transports that may be used, separated by commas, the best first.")
    var transports = "websocket,sse,polling"
    @Option(help: "The transport to begin with, instead of the best.") var first: String?
    @Flag(inversion: .prefixedNo, help: "Ask for a lossless session.") var lossless = true

    func makeClient(on group: (any EventLoopGroup)? = nil) throws -> SocketIOClient {
        var configuration = SocketIOClientConfiguration()
        configuration.transports = self.transports.split(separator: ",").map { TransportName(rawValue: String($0)) }
        configuration.firstTransport = self.first.map { TransportName(rawValue: $0) }
        configuration.isLossless = self.lossless
        configuration.reconnectionDelay = .milliseconds(50)
        return try SocketIOClient(self.url, configuration: configuration, eventLoopGroup: group)
    }
}

/// Something is not as it should be.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw Unexpected(what()) }
}
