// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOConcurrencyHelpers

/// Hands elements from an event loop to the one task that iterates over them, and makes the loop's side wait when the
/// task falls behind. An element is outstanding until the task has come back for the next one.
final class ElementBuffer<Element: Sendable>: Sendable {
    private struct State {
        var elements = Deque<Element>()
        var pushedCount = 0
        /// How many elements the task is done with.
        var doneCount = 0
        var isWorking = false
        var consumer: CheckedContinuation<Element?, Never>?
        /// Waiting pushes, in order, with the number of their element.
        var producers = Deque<(number: Int, continuation: CheckedContinuation<Void, Never>)>()
        var isFinished = false
        var onCancel: (@Sendable () -> Void)?

        /// The task is done with the element that it was given.
        mutating func noteDone() {
            if self.isWorking { self.doneCount += 1 }
            self.isWorking = false
        }

        mutating func takeElement() -> Element? {
            guard let element = self.elements.popFirst() else { return nil }
            self.isWorking = true
            return element
        }

        mutating func takeProducer(limit: Int) -> CheckedContinuation<Void, Never>? {
            guard let first = self.producers.first, self.isFinished || first.number <= self.doneCount + limit else {
                return nil
            }
            return self.producers.removeFirst().continuation
        }
    }

    private let limit: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter limit: how many elements may be outstanding before a push waits.
    init(limit: Int) {
        self.limit = limit
    }

    /// - Parameter action: called when the task ends the iteration, unless ``finish()`` came before.
    func onCancel(_ action: @escaping @Sendable () -> Void) {
        let isFinished = self.state.withLockedValue { state in
            if !state.isFinished { state.onCancel = action }
            return state.isFinished
        }
        if isFinished { action() }
    }

    /// Adds an element, and waits until no more than the limit are outstanding.
    func push(_ element: Element) async {
        let number = self.append(element)
        await withCheckedContinuation { continuation in
            let mayContinue = self.state.withLockedValue { state in
                if state.isFinished || number <= state.doneCount + self.limit { return true }
                state.producers.append((number, continuation))
                return false
            }
            if mayContinue { continuation.resume() }
        }
    }

    private func append(_ element: Element) -> Int {
        let (number, consumer): (Int, CheckedContinuation<Element?, Never>?) = self.state.withLockedValue { state in
            guard !state.isFinished else { return (0, nil) }
            state.pushedCount += 1
            if let consumer = state.consumer.take() {
                state.isWorking = true
                return (state.pushedCount, consumer)
            }
            state.elements.append(element)
            return (state.pushedCount, nil)
        }
        consumer?.resume(returning: element)
        return number
    }

    /// The next element; `nil` after the last one, after a cancellation, and for a second task that asks meanwhile.
    func next() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isAnswered, element): (Bool, Element?) = self.state.withLockedValue { state in
                    state.noteDone()
                    if let element = state.takeElement() { return (true, element) }
                    if state.isFinished || state.consumer != nil { return (true, nil) }
                    state.consumer = continuation
                    return (false, nil)
                }
                self.resumeProducers()
                if isAnswered { continuation.resume(returning: element) }
            }
        } onCancel: {
            self.cancel()
        }
    }

    private func resumeProducers() {
        while let producer = self.state.withLockedValue({ $0.takeProducer(limit: self.limit) }) { producer.resume() }
    }

    /// No more elements come. Those that are here already are still given out.
    func finish() {
        self.end { $0.onCancel = nil }
    }

    /// The task wants no more elements.
    func cancel() {
        let onCancel = self.state.withLockedValue { state in
            state.elements = []
            return state.onCancel.take()
        }
        self.end { _ in }
        onCancel?()
    }

    private func end(_ change: (inout State) -> Void) {
        let consumer = self.state.withLockedValue { state in
            state.isFinished = true
            change(&state)
            return state.consumer.take()
        }
        consumer?.resume(returning: nil)
        self.resumeProducers()
    }
}
