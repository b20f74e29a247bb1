// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The events of one name that a socket receives, or the sockets that join a namespace, as an asynchronous sequence for
/// one task.
///
/// ```swift
/// for await message in socket.events("say", as: Message.self) {
///     try await store.save(message)
/// }
/// ```
///
/// Nothing is lost when the task is slow: the connection that sends is not read meanwhile, see the functions that make
/// a sequence. The sequence ends with the socket. When the task is cancelled or leaves its loop, and when nobody has
/// the sequence any more, its handler is removed.
public struct EventSequence<Element: Sendable>: AsyncSequence, Sendable {
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let consumer: Consumer

        public mutating func next() async -> Element? {
            await self.consumer.buffer.next()
        }
    }

    /// The end of a buffer where elements are taken out. When it is freed, nobody can ask for elements.
    fileprivate final class Consumer: Sendable {
        let buffer: ElementBuffer<Element>

        init(_ buffer: ElementBuffer<Element>) {
            self.buffer = buffer
        }

        deinit {
            self.buffer.cancel()
        }
    }

    private let consumer: Consumer

    /// - Parameters:
    ///   - limit: how many elements may be outstanding before their source waits.
    ///   - add: adds a handler, which pushes elements, and returns what removes the handler.
    package init(limit: Int, _ add: (Producer) -> @Sendable () -> Void) {
        let buffer = ElementBuffer<Element>(limit: limit)
        self.consumer = Consumer(buffer)
        buffer.onCancel(add(Producer(buffer)))
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(consumer: self.consumer) }

    /// The end of a buffer where elements are put in, held by a handler. When the handler is removed, such as by the
    /// end of its socket, this is freed, and the sequence ends.
    package final class Producer: Sendable {
        private let buffer: ElementBuffer<Element>

        init(_ buffer: ElementBuffer<Element>) {
            self.buffer = buffer
        }

        deinit {
            self.buffer.finish()
        }

        package func push(_ element: Element) async {
            await self.buffer.push(element)
        }
    }
}
