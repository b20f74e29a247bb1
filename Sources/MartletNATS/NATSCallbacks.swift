// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CMartletNATS
internal import NIOConcurrencyHelpers
internal import NIOCore

/// What the C client calls, on threads of its own. It keeps itself alive until the connection is closed for good.
final class NATSCallbacks: Sendable {
    private weak let connection: NATSConnection?
    private let reporter: NATSReporter

    init(_ connection: NATSConnection) {
        self.connection = connection
        self.reporter = connection.reporter
    }

    private static func callbacks(_ closure: UnsafeMutableRawPointer?) -> NATSCallbacks? {
        closure.map { Unmanaged<NATSCallbacks>.fromOpaque($0).takeUnretainedValue() }
    }

    func install(in options: OpaquePointer) {
        let closure = Unmanaged.passRetained(self).toOpaque()
        natsOptions_SetDisconnectedCB(
            options, { handle, closure in NATSCallbacks.callbacks(closure)?.disconnected(handle) }, closure)
        natsOptions_SetReconnectedCB(options, { _, closure in NATSCallbacks.callbacks(closure)?.connected() }, closure)
        natsOptions_SetRetryOnFailedConnect(
            options, true, { _, closure in NATSCallbacks.callbacks(closure)?.connected() }, closure)
        natsOptions_SetErrorHandler(
            options,
            { _, _, status, closure in NATSCallbacks.callbacks(closure)?.reporter.report(.failed(NATSError(status))) },
            closure)
        natsOptions_SetClosedCB(
            options,
            { handle, closure in
                NATSCallbacks.callbacks(closure)?.connection?.lost(handle)
                NATSCallbacks.callbacks(closure)?.release()
            }, closure)
    }

    /// Called once, when nothing calls the callbacks any more.
    func release() { Unmanaged.passUnretained(self).release() }

    private func connected() { self.reporter.report(.connected) }

    private func disconnected(_ handle: OpaquePointer?) {
        var text: UnsafePointer<CChar>?
        let status = natsConnection_GetLastError(handle, &text)
        self.reporter.report(.disconnected(NATSError(status == NATS_OK ? NATS_CONNECTION_DISCONNECTED : status)))
    }
}

/// A subscription to one subject.
///
/// `@unchecked Sendable`: `handle` is used on the thread of the connection only.
final class NATSSubscription: @unchecked Sendable {
    private let subject: String
    /// A struct around the closure: each reading of a bare one from a generic container wraps it once more, until a call
    /// overflows the stack.
    private struct Receiver: Sendable {
        let call: @Sendable (ByteBuffer) -> Void
    }

    /// Nil once it is cancelled.
    private let receive: NIOLockedValueBox<Receiver?>
    private var handle: OpaquePointer?

    init(subject: String, _ receive: @escaping @Sendable (ByteBuffer) -> Void) {
        self.subject = subject
        self.receive = NIOLockedValueBox(Receiver(call: receive))
    }

    func stop() { self.receive.withLockedValue { $0 = nil } }

    func begin(on connection: OpaquePointer) -> natsStatus {
        guard self.handle == nil, self.receive.withLockedValue({ $0 != nil }) else { return NATS_OK }
        // Released when the client has called it for the last time.
        let closure = Unmanaged.passRetained(self)
        let status = natsConnection_Subscribe(
            &self.handle, connection, self.subject,
            { _, _, message, closure in
                defer { natsMsg_Destroy(message) }
                guard let closure, let message else { return }
                let bytes = UnsafeRawBufferPointer(
                    start: natsMsg_GetData(message), count: Int(natsMsg_GetDataLength(message)))
                Unmanaged<NATSSubscription>.fromOpaque(closure).takeUnretainedValue().received(ByteBuffer(bytes: bytes))
            }, closure.toOpaque())
        guard status == NATS_OK else {
            closure.release()
            return status
        }
        return natsSubscription_SetOnCompleteCB(
            self.handle, { closure in closure.map { Unmanaged<NATSSubscription>.fromOpaque($0).release() } },
            closure.toOpaque())
    }

    func end() {
        if let handle { natsSubscription_Destroy(handle) }
        self.handle = nil
    }

    private func received(_ message: ByteBuffer) { self.receive.withLockedValue { $0 }?.call(message) }
}
