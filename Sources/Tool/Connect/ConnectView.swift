// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletClient
import MartletClientEngine
import MartletEngine
import MartletShared
import NIOConcurrencyHelpers

/// Prints what happens to a connection, a line each: the time, what it is, the transport, and the rest.
final class ConnectView: Sendable {
    private struct State {
        var transport: TransportName?
        var isLossless = false
        /// Whether there has been a connection.
        var hasConnected = false
    }

    private let state = NIOLockedValueBox(State())
    private let end: @Sendable (ConnectEnding) -> Void

    /// - Parameter end: called when there is nothing left to show.
    init(_ end: @escaping @Sendable (ConnectEnding) -> Void) { self.end = end }

    func show(_ notice: ClientNotice) {
        switch notice {
        case .event(let name, let arguments, let isQuestion):
            let question = isQuestion ? Terminal.painted("  (asks for an answer)", .grey) : ""
            self.line("event", .blue, "\(Self.quoted(name)) \(arguments.text)", question)
        case .moved(let transport, let isLossless): self.moved(to: transport, isLossless)
        case .state(let state): self.changed(to: state)
        case .ended(let reason): self.ended(reason)
        }
    }

    func show(_ error: any Error) { self.show(ToolFailure(error)) }

    func show(_ failure: ToolFailure) { self.line("error", .red, failure.description) }

    /// An answer of the server.
    func show(_ answer: SocketArguments, to event: String, after duration: Duration) {
        self.line(
            "answer", .green, "\(Self.quoted(event)) \(answer.text)",
            Terminal.painted("  (after \(duration.text))", .grey))
    }

    private func moved(to transport: TransportName?, _ isLossless: Bool) {
        let hasConnected = self.state.withLockedValue { state in
            state.transport = transport
            state.isLossless = isLossless
            return state.hasConnected
        }
        guard hasConnected else { return }
        if let transport {
            self.line("moved", .yellow, "the session goes on over \(transport)")
        } else {
            self.line("lost", .yellow, "the transport is lost; the session looks for another one")
        }
    }

    private func changed(to state: ConnectionState) {
        switch state {
        case .connected(let id, let isRecovered):
            let isLossless = self.state.withLockedValue { state in
                state.hasConnected = true
                return state.isLossless
            }
            let session = isLossless ? "a lossless session" : "a plain session"
            self.line("connected", .green, "id \(id), \(session)\(isRecovered ? ", recovered" : "")")
        case .disconnected(.ioServerDisconnect?):
            self.end(.failed(ToolFailure("The server has disconnected the socket.")))
        case .refused(let refusal): self.end(.failed(ToolFailure(refusal)))
        case .disconnected, .connecting: break
        }
    }

    private func ended(_ reason: SessionEndReason) {
        guard reason.name != SessionEndReason.forcedClose else { return }
        let (hadTransport, hasConnected) = self.state.withLockedValue { state in
            defer { state.transport = nil }
            return (state.transport != nil, state.hasConnected)
        }
        guard hasConnected else {
            let failure =
                reason.error.map { ToolFailure(connection: $0) } ?? ToolFailure("There is no connection: \(reason).")
            return self.end(.failed(failure))
        }
        let why = reason.error.map { ToolFailure.sentence($0) } ?? "\(reason)."
        self.line(hadTransport ? "lost" : "failed", .yellow, "\(why) Reconnecting.")
    }

    private func line(_ kind: String, _ colour: Terminal.Colour, _ text: String, _ remark: String = "") {
        let transport = self.state.withLockedValue { $0.transport }
        let columns = [
            Terminal.painted(Terminal.time, .grey), Terminal.painted(Terminal.column(kind, 9), colour),
            Terminal.column(transport?.rawValue ?? "-", 9), Terminal.safe(text) + remark,
        ]
        Terminal.print(columns.joined(separator: "  "))
    }

    /// A name as it would be typed.
    private static func quoted(_ name: String) -> String {
        name.contains(" ") || name.hasPrefix("\"") || name.hasSuffix("?") ? "\"\(name)\"" : name
    }
}
