// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import NIOConcurrencyHelpers

/// Tells all admins the ``Rates`` once a second. There is one timer for all of them, and none while there is no admin.
final class RateTicker: Sendable {
    private struct State {
        var admins: [String: Socket] = [:]
        var timer: Task<Void, Never>?
    }

    private static let interval = Duration.seconds(1)

    private let clock: any Clock<Duration>
    private let state = NIOLockedValueBox(State())

    init(clock: any Clock<Duration>) {
        self.clock = clock
    }

    var isRunning: Bool { self.state.withLockedValue { $0.timer != nil } }

    func join(_ admin: Socket, of server: SocketIOServer) {
        self.state.withLockedValue { state in
            state.admins[admin.id] = admin
            guard state.timer == nil else { return }
            state.timer = Task { [weak server] in
                repeat {
                    guard let server else { return }
                    await self.tell(Rates(of: server))
                } while (try? await self.clock.sleep(for: Self.interval)) != nil
            }
        }
    }

    func leave(_ admin: String) {
        let timer: Task<Void, Never>? = self.state.withLockedValue { state in
            state.admins[admin] = nil
            return state.admins.isEmpty ? state.timer.take() : nil
        }
        timer?.cancel()
    }

    private func tell(_ rates: Rates) {
        guard let argument = try? SocketArgument(encoding: rates) else { return }
        // An admin that lags behind gets the next ones.
        for admin in self.state.withLockedValue({ $0.admins.values }) { admin.volatile.emit("rates", argument) }
    }
}
