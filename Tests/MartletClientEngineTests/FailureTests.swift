// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletClientEngine
import MartletEngine
import MartletTestSupport
import NIOCore
import NIOPosix
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Servers that are none, and what a client says of them.
struct FailureTests {
    /// What something that is no Socket.IO server answers, and what is made of it.
    static let answers: [(String, ClientError.Code, String)] = [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", .unexpectedAnswer, "path"),
        // RFC 9110, 15.2: what only announces an answer is none.
        (
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            .unexpectedAnswer, "path"
        ),
        ("HTTP/1.1 302 Found\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n", .unexpectedAnswer, "https://x/"),
        ("HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 3\r\n\r\nno!", .unexpectedAnswer, "7"),
        (
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 34\r\n\r\n{\"code\":5,\"message\":\"Unsupported\"}", .refused,
            "Unsupported"
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", .unexpectedAnswer, ""),
        ("220 mail.example.com ESMTP\r\n\r\n", .unexpectedAnswer, ""),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", .unexpectedAnswer, ""),
    ]

    @Test(arguments: answers, [TransportName.websocket, .sse, .polling])
    func whatIsNoServerIsToldApart(
        answer: (text: String, code: ClientError.Code, hint: String), transport: TransportName
    ) async throws {
        try await FixedAnswer.run(answer.text) { port in
            let client = try await EngineClient.open(port) { $0.transports = [transport] }
            try await client.until("the end") { $0.ends.count == 1 }
            let end = client.now.ends[0]
            #expect(end.name == "transport error")
            #expect(end.error?.transport == transport)
            #expect(!client.now.isOpen)
            guard answer.text.hasPrefix("HTTP/1.1 "), !answer.text.contains("101"), !answer.text.contains("200") else {
                return
            }
            #expect(end.error?.code == answer.code)
            #expect("\(end)".contains(answer.hint))
        }
    }

    @Test(arguments: [("A", "b\r\nC: d"), ("A b", "c"), ("", "x"), ("A:", "b"), ("Content-Length", "0")])
    func aHeaderFieldThatIsNoneIsRefused(name: String, value: String) async throws {
        let client = try await EngineClient.open(1) { $0.headers = [(name, value)] }
        try await client.until("the end") { $0.ends.count == 1 }
        #expect(client.now.ends[0].error?.code == .unavailable)
    }

    @Test func nobodyListens() async throws {
        let client = try await EngineClient.open(1)
        try await client.until("the end") { $0.ends.count == 1 }
        #expect(client.now.ends[0].error?.code == .notConnected)
    }

    @Test func aServerThatSaysNothingIsGivenUp() async throws {
        try await FixedAnswer.run("") { port in
            let client = try await EngineClient.open(port) {
                $0.transportTimeout = .milliseconds(50)
                $0.openTimeout = .milliseconds(400)
            }
            try await client.until("the end") { $0.ends.count == 1 }
            #expect(client.now.ends[0].name == "timeout")
            #expect(client.now.ends[0].error?.code == .timeout)
        }
    }

    /// Sessions that are closed at once, at whatever point of their opening, leave nothing open.
    @Test func cancelledSessionsLeaveNoDescriptor() async throws {
        try await EchoServer.run { server in
            let transports: [TransportName] = [.websocket, .sse, .polling]
            for number in 0..<1000 {
                let client = try await EngineClient.open(server.port, awaiting: number % 3 == 0) {
                    $0.transports = [transports[number % 3]]
                }
                try await client.close()
            }
            let port = server.port
            let client = try await EngineClient.open(port)
            #expect(connections(to: port) > 0)
            try await client.close()
            try await eventually("no connection of the client") { connections(to: port) == 0 }
        }
    }
}

/// How many sockets of this process are connected to this port: other tests have sockets, too.
private func connections(to port: Int) -> Int {
    (0..<4096).count { descriptor in
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.baseAddress.map { getpeername(Int32(descriptor), $0.assumingMemoryBound(to: sockaddr.self), &length) }
        }
        return status == 0 && Int(UInt16(bigEndian: address.sin_port)) == port
    }
}

/// Answers whatever comes with the same text.
private enum FixedAnswer {
    static func run(_ text: String, _ body: (_ port: Int) async throws -> Void) async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(text))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(listener.localAddress?.port ?? 0))
        } catch {
            result = .failure(error)
        }
        try await listener.close()
        try result.get()
    }

    private final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let text: String

        init(_ text: String) { self.text = text }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !self.text.isEmpty else { return }
            context.writeAndFlush(NIOAny(ByteBuffer(string: self.text)), promise: nil)
        }
    }
}
