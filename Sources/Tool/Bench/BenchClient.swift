// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletClient
import MartletClientEngine
import MartletShared
import NIOConcurrencyHelpers

/// When one connection sends its events.
struct Schedule: Sendable {
    let start: ContinuousClock.Instant
    let end: ContinuousClock.Instant
    let interval: Duration
    /// Of the first event, as a part of the interval: so that connections do not all send at once.
    let offset: Double
}

/// One of the connections of a measurement.
final class BenchClient: Sendable {
    private let client: SocketIOClient
    private let socket: ClientSocket
    private let timeout: Double
    private let ended = NIOLockedValueBox<SessionEndReason?>(nil)

    init(_ options: ConnectionOptions) throws {
        self.client = try options.makeClient(reconnects: false, isLossless: false)
        self.socket = options.makeSocket(self.client)
        self.timeout = options.timeout
    }

    /// - Returns: whether it is connected.
    func connect(_ measurement: Measurement) async -> Bool {
        let ended = self.ended
        self.client.watch { notice in
            if case .ended(let reason) = notice { ended.withLockedValue { $0 = reason } }
        }
        do {
            try await self.socket.connect(within: self.timeout)
            measurement.connected()
            return true
        } catch {
            if !(error is CancellationError) { measurement.notConnected(self.failure(error)) }
            await self.client.close()
            return false
        }
    }

    func run(_ schedule: Schedule, _ event: String, _ text: String, _ measurement: Measurement) async {
        var due = schedule.start + schedule.interval * schedule.offset
        // What is due and could not be sent until the end is not sent.
        while due < schedule.end, ContinuousClock.now < schedule.end, !Task.isCancelled {
            var begin = due
            if ContinuousClock.now < due {
                try? await Task.sleep(until: due, clock: .continuous)
                // A timer of our own that is late is not the server's fault.
                begin = ContinuousClock.now
            }
            guard !Task.isCancelled else { return }
            guard self.ended.withLockedValue({ $0 }) == nil else {
                return measurement.lost(self.failure(AcknowledgementError.disconnected))
            }
            measurement.sent()
            do {
                let _: SocketArgument = try await self.socket.emitWithAck(
                    Event(event), text, timeout: .seconds(self.timeout))
                measurement.answered(after: ContinuousClock.now - begin)
            } catch AcknowledgementError.cancelled {
                return
            } catch AcknowledgementError.disconnected {
                // It does not connect again.
                return measurement.lost(self.failure(AcknowledgementError.disconnected))
            } catch {
                measurement.unanswered(self.failure(error))
            }
            due += schedule.interval
        }
    }

    private func failure(_ error: any Error) -> ToolFailure {
        ToolFailure(error, after: self.ended.withLockedValue { $0 })
    }

    func close() async { await self.client.close() }
}
