// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Martlet
internal import NIOCore
internal import ServiceLifecycle
internal import Subprocess

/// A WebSocket and its process.
struct ProcessConnection: Sendable {
    private let socket: WebSocket
    private let eventLoop: any EventLoop
    private let input: InputLines
    /// Ends with the connection.
    private let isOpen: AsyncStream<Never>

    /// Takes the peer's messages from now on. Called on the connection's event loop.
    /// - Parameter inputLimit: how many bytes may wait for the process.
    init(_ socket: WebSocket, on eventLoop: any EventLoop, inputLimit: Int) {
        let input = InputLines(limit: inputLimit)
        let (isOpen, continuation) = AsyncStream.makeStream(of: Never.self)
        self.socket = socket
        self.eventLoop = eventLoop
        self.input = input
        self.isOpen = isOpen
        socket.onText { text in
            if !input.append(text) { socket.close(code: 1008, reason: "the process is too slow") }
        }
        socket.onBinary { _ in socket.close(code: 1003, reason: "text only") }
        socket.onClose { _ in
            input.finish()
            continuation.finish()
        }
    }

    /// Runs the process until it or the connection ends, or until a graceful shutdown, and closes the connection. When
    /// this returns, the process is gone.
    func run(_ program: Program, lineLimit: Int, logger: Logger) async {
        let (saysMore, outputs) = AsyncStream.makeStream(of: Never.self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let end = await self.end(of: program, lineLimit, outputs, logger)
                self.socket.close(code: end.code, reason: end.reason)
            }
            // A process that has closed its outputs has some time to end by itself. Then cancelling the first task ends
            // it.
            group.addTask {
                for await _ in saysMore {}
                try? await Task.sleep(for: program.grace)
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// - Parameter outputs: finished when the process has closed its outputs.
    private func end(
        of program: Program,
        _ lineLimit: Int,
        _ outputs: AsyncStream<Never>.Continuation,
        _ logger: Logger
    ) async -> (code: UInt16, reason: String) {
        do {
            let result = try await Subprocess.run(
                program.configuration, input: .inputWriter, output: .sequence, error: .sequence
            ) { process in
                defer { outputs.finish() }
                let metadata: Logger.Metadata = ["process": "\(process.processIdentifier.value)"]
                // The two without a name are cancelled when the others are done: then the process has closed both of
                // its outputs.
                async let _ = self.feed(process.standardInputWriter)
                async let _ = self.tearDownInTime(process, program.teardownSequence)
                async let errors: Void = self.log(process.standardError, lineLimit, logger, metadata)
                try await self.send(process.standardOutput, lineLimit)
                try await errors
            }
            if Task.isShuttingDownGracefully { return (1001, "") }
            switch result.terminationStatus {
            case .exited(0): return (1000, "")
            case .exited(let status): return (1011, "exit status \(status)")
            case .signaled(let signal): return (1011, "signal \(signal)")
            }
        } catch is LineSplitter.LineTooLong {
            return (1011, "the process wrote a line that is too long")
        } catch {
            logger.error("The process could not run", metadata: ["error": "\(error)"])
            return (1011, "the process could not run")
        }
    }

    /// Ends the process when the connection ends, or when the server goes down. What it says meanwhile is still read,
    /// so that it is not held up.
    private func tearDownInTime<Input, Output, Errors>(
        _ process: Execution<Input, Output, Errors>,
        _ steps: [TeardownStep]
    ) async {
        await cancelWhenGracefulShutdown { for await _ in self.isOpen {} }
        if !Task.isCancelled { await process.teardown(using: steps) }
    }

    /// Writes the peer's lines to the process.
    private func feed(_ writer: StandardInputWriter) async {
        do {
            for await line in self.input { _ = try await writer.write(line) }
            try await writer.finish()
        } catch {
            // The process reads no more. It may go on all the same; the lines are dropped.
            for await _ in self.input {}
        }
    }

    /// Sends the process's lines to the peer.
    private func send(_ output: SubprocessOutputSequence, _ limit: Int) async throws {
        try await Self.forEachLines(of: output, limit) { lines in
            // The process waits until the event loop has taken its lines. What the peer has not taken counts against
            // the server's `unsentLimit`.
            try await self.eventLoop.submit { for line in lines { self.socket.send(text: line) } }.get()
        }
    }

    private func log(
        _ errors: SubprocessOutputSequence,
        _ limit: Int,
        _ logger: Logger,
        _ metadata: Logger.Metadata
    ) async throws {
        try await Self.forEachLines(of: errors, limit) { lines in
            for line in lines { logger.notice("\(String(buffer: line))", metadata: metadata) }
        }
    }

    /// - Parameter body: called with the lines that have become whole together.
    private static func forEachLines(
        of output: SubprocessOutputSequence,
        _ limit: Int,
        _ body: ([ByteBuffer]) async throws -> Void
    ) async throws {
        var splitter = LineSplitter(limit: limit)
        for try await bytes in output {
            let lines = try bytes.withUnsafeBytes { bytes throws(LineSplitter.LineTooLong) in try splitter.feed(bytes) }
            if !lines.isEmpty { try await body(lines) }
        }
        if let last = try splitter.finish() { try await body([last]) }
    }
}
