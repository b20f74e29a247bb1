// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// One handler of an event from another server of the cluster.

struct ServerSideListener: Sendable {
    /// Each returns the encoded answer; nil for a handler that returns nothing.
    enum Body: Sendable {
        case sync(@Sendable (ServerSideArguments) throws -> SocketArguments?)
        case async(@Sendable (ServerSideArguments) async throws -> SocketArguments?)
    }

    let body: Body

    /// Calls the handlers of one event in turn, and then `finish` with the answer: the first value that a handler has
    /// returned or, if none has, the first error.
    static func run(
        _ listeners: ArraySlice<ServerSideListener>,
        _ arguments: ServerSideArguments,
        _ outcome: Outcome = Outcome(),
        finish: @escaping @Sendable (Outcome) -> Void
    ) {
        var outcome = outcome
        for index in listeners.indices {
            switch listeners[index].body {
            case .sync(let handler):
                outcome.add(Result { try handler(arguments) })
            case .async(let handler):
                let rest = listeners[(index + 1)...]
                let before = outcome
                Task {
                    var outcome = before
                    do {
                        outcome.add(.success(try await handler(arguments)))
                    } catch {
                        outcome.add(.failure(error))
                    }
                    Self.run(rest, arguments, outcome, finish: finish)
                }
                return
            }
        }
        finish(outcome)
    }

    struct Outcome: Sendable {
        private var value: SocketArguments?
        private(set) var errors: [any Error] = []

        mutating func add(_ result: Result<SocketArguments?, any Error>) {
            switch result {
            case .success(let value): if self.value == nil { self.value = value }
            case .failure(let error): self.errors.append(error)
            }
        }

        var answer: ServerSideAnswer {
            if let value { return ServerSideAnswer(.success(value)) }
            guard let error = self.errors.first else { return ServerSideAnswer(.success(SocketArguments())) }
            return ServerSideAnswer(.failure(.failed(EventError(telling: error).message)))
        }
    }
}

/// The arguments of an event from another server, decoded when a handler takes them.

struct ServerSideArguments: Sendable {
    let arguments: SocketArguments
    let coder: any ArgumentCoder

    /// Decodes an argument, and moves `index` to the next one; as ``ReceivedPacket/read(_:at:for:)``.
    func read<Value: Decodable>(_ type: Value.Type, at index: inout Int) throws(InvalidArgument) -> Value {
        defer { index += 1 }
        if index == 0, let all = self.arguments as? Value { return all }
        do {
            return try (self.arguments[index] ?? .null).decode(as: type, using: self.coder)
        } catch {
            throw InvalidArgument(index: index, underlying: error)
        }
    }

    func encode(_ reply: some Encodable) throws -> SocketArguments {
        SocketArguments(try SocketArgument(encoding: reply, using: self.coder).raw)
    }
}
