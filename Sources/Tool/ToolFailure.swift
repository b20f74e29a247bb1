// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletClient
import MartletClientEngine
import MartletEngine
import MartletShared

/// An error in words for the person at the terminal: what has happened, and what to do.
struct ToolFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = Terminal.safe(description) }

    /// - Parameter ended: how the last connection has ended, which knows more than the client's errors.
    init(_ error: any Error, after ended: SessionEndReason? = nil) {
        switch error {
        case let error as ToolFailure: self = error
        case let error as ConnectionRefused: self.init(refusal: error)
        case let error as EventError: self.init(answer: error)
        case AcknowledgementError.timedOut:
            self.init("No answer came in time: does the server acknowledge this event? --timeout waits longer.")
        case AcknowledgementError.disconnected:
            self.init("The connection was lost before the answer came\(ended.map { ": \($0)" } ?? ".")")
        case let error as ClientError: self.init(connection: error)
        default:
            if let error = ended?.error { self.init(connection: error) } else { self.init("\(error)") }
        }
    }

    private init(refusal: ConnectionRefused) {
        let data = (refusal.data as? SocketArgument).map { " \($0)" } ?? ""
        let hint =
            refusal.message == "Invalid namespace" || refusal.message == "Unable to connect"
            ? "The path of the address, or --namespace, names a namespace of the server. "
                + "Where the server is mounted is what --path says."
            : "Does it want other credentials? They are given with --auth, or with --header."
        self.init("The server refuses the connection: \(refusal.message)\(data). \(hint)")
    }

    private init(answer: EventError) {
        let code = answer.code.map { " (\($0))" } ?? ""
        let data = (answer.data as? SocketArgument).map { " \($0)" } ?? ""
        self.init("The server's handler failed: \(answer.message)\(code)\(data)")
    }

    init(connection error: ClientError) {
        self.init("\(Self.sentence(error))\(Self.hint(error).map { " \($0)" } ?? "")")
    }

    /// What has happened, as a sentence.
    static func sentence(_ error: ClientError) -> String {
        let text = error.message.prefix(1).uppercased() + error.message.dropFirst()
        return text.last == "?" || text.last == "." ? text : text + "."
    }

    static func hint(_ error: ClientError) -> String? {
        switch (error.code, error.status, error.detail) {
        case (.tls, _, _) where error.message.contains("not trusted"):
            "--ca FILE trusts an authority of your own, --insecure any certificate."
        case (.tls, _, _) where error.message.contains("not for the name"):
            "Use the name that is in the certificate; --insecure takes any."
        case (.unexpectedAnswer, 404, _): "--path names the place where Socket.IO is mounted, such as /api/socket.io/."
        case (.unexpectedAnswer, 401, _), (.unexpectedAnswer, 403, _): "They are given with --header 'Name: value'."
        case (.refused, _, 0): "Another transport may do: --transport."
        case (.refused, _, 5): "Martlet's client speaks Engine.IO 4: that is Socket.IO 3 and later on the server."
        case (.connectionLost, nil, nil): "If it does so at once: has the port TLS, and should the address be https://?"
        case (.timeout, _, _): "--timeout waits longer; 'martlet doctor' tries each transport by itself."
        default: nil
        }
    }
}
