// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletObservability
import NIOCore
import NIOEmbedded

extension Benchmark {
    static let events = [
        Benchmark("echo-event") { try echo("echo", text, over: MemoryClient.self, $0) },
        Benchmark("echo-event-shared") { try echo("shared", text, over: MemoryClient.self, $0) },
        Benchmark("echo-event-shared-observed") {
            try echo("shared", text, over: MemoryClient.self, isObserved: true, $0)
        },
        Benchmark("echo-event-answered") { try echo("answered", text, over: MemoryClient.self, $0) },
        Benchmark("echo-event-decoded") { try echo("decoded", "\"hello\",4711", over: MemoryClient.self, $0) },
        Benchmark("echo-event-messagepack") { try echo("echo", text, over: MessagePackClient.self, $0) },
        Benchmark("echo-event-messagepack-decoded") {
            try echo("decoded", "\"hello\",4711", over: MessagePackClient.self, $0)
        },
        Benchmark("echo-event-async") { try echo("async", "\"hello\"", over: MemoryClient.self, $0) },
        Benchmark("echo-websocket") { try echo("echo", text, over: WebSocketClient.self, $0) },
        Benchmark("echo-websocket-64-deep", iterations: 1024) {
            try echo("shared", text, over: WebSocketClient.self, depth: 64, $0)
        },
        Benchmark("broadcast-1000", iterations: 20) { try broadcast(to: 1000, over: MemoryClient.self, $0) },
        Benchmark("broadcast-1000-websocket", iterations: 20) {
            try broadcast(to: 1000, over: WebSocketClient.self, $0)
        },
    ]

    private static let text = "\"\(String(buffer: Sample.text(64)))\""

    private static func makeServer(_ parser: Parser) -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configuration.parser = parser
        let io = SocketIOServer(configuration: configuration)
        io.on("shared") { (socket: Socket, argument: SocketArgument) in socket.emit("echo", argument) }
        io.on("answered") { (socket: Socket, argument: SocketArgument) -> SocketArgument in
            socket.emit("echo", argument)
            return argument
        }
        io.onConnection { socket in
            socket.on("echo") { (argument: SocketArgument) in socket.emit("echo", argument) }
            socket.on("decoded") { (text: String, number: Int) in socket.emit("echo", text, number) }
            socket.on("async") { (argument: SocketArgument) async in socket.emit("echo", argument) }
        }
        return io
    }

    /// Sends events to the server from several clients, and lets it answer them. All clients send once in a turn of the
    /// event loop, so their answers leave together.
    /// - Parameters:
    ///   - depth: how many events come in one read.
    ///   - isObserved: whether the time of handlers is measured, for metrics in memory.
    private static func echo<Client: EventClient>(
        _ event: String, _ arguments: String, over: Client.Type, depth: Int = 1, isObserved: Bool = false,
        _ iterations: Int
    ) throws {
        let eventLoop = EmbeddedEventLoop()
        let server = makeServer(Client.parser)
        if isObserved {
            _ = server.observe(with: ServerObserver(metrics: PrometheusMetrics(), tracer: nil, namespaces: ["/"]))
        }
        let clients = (0..<16).map { _ in Client(server, on: eventLoop) }
        for client in clients { try client.join(on: eventLoop) }
        let text = try Client.encode("2[\"\(event)\",\(arguments)]")
        var read = ByteBuffer()
        for _ in 0..<depth { read.writeImmutableBuffer(text) }
        let before = clients.map(\.sent).reduce(0, +)
        for iteration in 0..<iterations / depth {
            let number = iteration % clients.count
            clients[number].receive(read)
            if number == clients.count - 1 { eventLoop.run() }
        }
        eventLoop.run()
        let writes = clients.map(\.sent).reduce(0, +) - before
        guard writes == iterations / depth else { throw Unexpected("\(writes) writes") }
    }

    private static func broadcast<Client: EventClient>(
        to count: Int, over: Client.Type, _ iterations: Int
    ) throws {
        let eventLoop = EmbeddedEventLoop()
        let io = makeServer(Client.parser)
        let clients = (0..<count).map { _ in Client(io, on: eventLoop) }
        for client in clients { try client.join(on: eventLoop) }
        let before = clients.map(\.sent).reduce(0, +)
        let text = String(buffer: Sample.text(128))
        for _ in 0..<iterations {
            io.emit("broadcast", text)
            eventLoop.run()
        }
        let deliveries = clients.map(\.sent).reduce(0, +) - before
        guard deliveries == count * iterations else { throw Unexpected("\(deliveries) deliveries") }
    }
}
