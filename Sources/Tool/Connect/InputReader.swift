// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import MartletClient
import MartletShared

/// Sends the events that stand on the lines of the standard input.
struct InputReader: Sendable {
    private let socket: ClientSocket
    private let timeout: Duration
    private let view: ConnectView
    /// While so many answers are awaited no further lines are read.
    private let places = DispatchSemaphore(value: Self.maxQuestions)
    private static let maxQuestions = 64

    init(_ socket: ClientSocket, timeout: Duration, _ view: ConnectView) {
        self.socket = socket
        self.timeout = timeout
        self.view = view
    }

    /// - Parameter completion: called when the input has ended, and all answers are there.
    func start(_ completion: @escaping @Sendable () -> Void) {
        // Reading blocks its thread, which is none of those that tasks run on.
        DispatchQueue.global().async {
            while let line = readLine() { self.send(line) }
            for _ in 0..<Self.maxQuestions { self.places.wait() }
            for _ in 0..<Self.maxQuestions { self.places.signal() }
            completion()
        }
    }

    private func send(_ text: String) {
        let line: EventLine
        do throws(ToolFailure) {
            guard let found = try EventLine(text) else { return }
            line = found
        } catch {
            return self.view.show(error)
        }
        guard line.isQuestion else { return self.socket.emit(Event(line.event), line.arguments) }
        self.places.wait()
        Task {
            let start = ContinuousClock.now
            do {
                let answer: SocketArguments = try await self.socket.emitWithAck(
                    Event(line.event), line.arguments, timeout: self.timeout)
                self.view.show(answer, to: line.event, after: ContinuousClock.now - start)
            } catch {
                self.view.show(error)
            }
            self.places.signal()
        }
    }
}
