// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CMartletNATS
internal import Logging
internal import MartletEngine
internal import NIOConcurrencyHelpers

/// Tells what happens: the hook of the application, and the log under the label `martlet.nats`.
final class NATSReporter: Sendable {
    /// A struct around the closure: each reading of a bare one from a generic container wraps it once more, until a call
    /// overflows the stack.
    private struct Hook: Sendable {
        let call: @Sendable (NATSEvent) -> Void
    }

    private let hook = NIOLockedValueBox<Hook?>(nil)
    // Two, so that neither kind of line keeps the other out of the log.
    private let connections = ThrottledLogger(Logger(label: "martlet.nats"))
    private let losses = ThrottledLogger(Logger(label: "martlet.nats"))

    func setHook(_ hook: @escaping @Sendable (NATSEvent) -> Void) {
        self.hook.withLockedValue { $0 = Hook(call: hook) }
    }

    func report(_ event: NATSEvent) {
        switch event {
        case .connected: self.connections.log(level: .info) { "connected to NATS" }
        case .disconnected(let error): self.connections.log(level: .warning) { "no connection to NATS: \(error)" }
        case .dropped(let bytes, let error):
            self.losses.log(level: .warning) { "a message of \(bytes) bytes to NATS is dropped: \(error)" }
        case .failed(let error): self.losses.log(level: .warning) { "NATS: \(error)" }
        }
        self.hook.withLockedValue { $0 }?.call(event)
    }
}

extension NATSError {
    init(_ status: natsStatus) {
        self.init(description: natsStatus_GetText(status).map { String(cString: $0) } ?? "status \(status.rawValue)")
    }
}
