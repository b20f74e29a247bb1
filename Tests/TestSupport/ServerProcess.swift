// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

#if canImport(Glibc)
package import Glibc
#elseif canImport(Musl)
package import Musl
#else
package import Darwin
#endif

/// A server that a test starts for itself, on loopback, in a directory of its own.
package final class ServerProcess {
    package let port: Int
    package let directory: String
    private let arguments: [String]
    private var process: pid_t = 0

    package struct Missing: Error, CustomStringConvertible {
        let program: String
        package var description: String {
            "\(self.program) cannot be run: Tests/Support/setup.sh test installs what is missing"
        }
    }

    package struct DidNotStart: Error {
        let log: String
    }

    /// - Parameter arguments: the command; given a free port, and a directory where it may write, `log` among others.
    package init(_ arguments: (_ port: Int, _ directory: String) async throws -> [String]) async throws {
        self.directory = try Self.makeDirectory()
        self.port = try await Self.freePort()
        self.arguments = try await arguments(self.port, self.directory)
        try await self.start()
    }

    deinit {
        self.kill()
        _ = try? spawn(["rm", "-r", self.directory], wait: true)
    }

    package func start() async throws {
        self.process = try spawn(self.arguments, wait: false)
        let deadline = ContinuousClock.now + .seconds(20)
        while try await !self.answers() {
            let hasEnded = waitpid(self.process, nil, WNOHANG) != 0
            if hasEnded { self.process = 0 }
            guard !hasEnded, ContinuousClock.now < deadline else {
                self.kill()
                throw DidNotStart(log: (try? readFile("\(self.directory)/log")) ?? "no log")
            }
            await Task.yield()
        }
    }

    /// Ends it at once, as a machine that loses its power.
    package func kill() {
        guard self.process > 0 else { return }
        _ = Self.signal(self.process, SIGKILL)
        _ = waitpid(self.process, nil, 0)
        self.process = 0
    }

    /// It stays, but does nothing until it is told to go on.
    package func pause() { _ = Self.signal(self.process, SIGSTOP) }
    package func goOn() { _ = Self.signal(self.process, SIGCONT) }

    private static func signal(_ process: pid_t, _ signal: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.kill(process, signal)
        #elseif canImport(Musl)
        Musl.kill(process, signal)
        #else
        Darwin.kill(process, signal)
        #endif
    }

    private func answers() async throws -> Bool {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: self.port).get()
            try await channel.close()
            return true
        } catch {
            return false
        }
    }

    /// A port that nobody uses, and that the system gives nobody who asks for any port: so it stays free while the server
    /// is restarted.
    package static func freePort() async throws -> Int {
        while true {
            let port = Int.random(in: 20_000..<32_000)
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            if let channel = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() {
                try await channel.close()
                return port
            }
        }
    }

    /// Makes a directory that nobody else uses.
    package static func makeDirectory() throws -> String {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Missing(program: "mkdtemp") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Runs a program, whose output nobody reads.
@discardableResult
package func spawn(_ arguments: [String], wait: Bool) throws -> pid_t {
    var process = pid_t()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    #if !canImport(Darwin)
    // Otherwise it would keep the sockets of other tests open. What is not open does no harm.
    for file in 3..<min(CInt(clamping: sysconf(CInt(_SC_OPEN_MAX))), 4096) {
        posix_spawn_file_actions_addclose(&actions, file)
    }
    #endif
    var pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    guard posix_spawnp(&process, arguments[0], &actions, nil, &pointers, environ) == 0 else {
        throw ServerProcess.Missing(program: arguments[0])
    }
    guard wait else { return process }
    var status: Int32 = 0
    guard waitpid(process, &status, 0) == process, status == 0 else {
        throw ServerProcess.Missing(program: arguments.joined(separator: " "))
    }
    return process
}

package func readFile(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
}

package func writeFile(_ path: String, _ text: String) throws {
    guard let file = fopen(path, "w") else { throw ServerProcess.Missing(program: path) }
    defer { fclose(file) }
    fputs(text, file)
}
