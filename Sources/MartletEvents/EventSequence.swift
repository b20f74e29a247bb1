// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The events of one name from a client, or the sockets that join a namespace, as an asynchronous sequence for one
/// task.
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
    init(limit: Int, _ add: (Producer) -> @Sendable () -> Void) {
        let buffer = ElementBuffer<Element>(limit: limit)
        self.consumer = Consumer(buffer)
        buffer.onCancel(add(Producer(buffer)))
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(consumer: self.consumer) }

    /// The end of a buffer where elements are put in, held by a handler. When the handler is removed, such as by the
    /// end of its socket, this is freed, and the sequence ends.
    final class Producer: Sendable {
        private let buffer: ElementBuffer<Element>

        init(_ buffer: ElementBuffer<Element>) {
            self.buffer = buffer
        }

        deinit {
            self.buffer.finish()
        }

        func push(_ element: Element) async {
            await self.buffer.push(element)
        }
    }
}

extension Socket {
    /// The events of one name, from now on. The client's answer, if it asked for one, is empty.
    /// - Parameters:
    ///   - event: the event.
    ///   - limit: how many events may wait for the task. While more wait, the socket's later events wait too, and then
    ///     the connection is not read.
    public func events<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        limit: Int = 16
    ) -> EventSequence<(repeat each Argument)> {
        EventSequence(limit: limit) { producer in
            @Sendable func push(_ argument: repeat each Argument) async { await producer.push((repeat each argument)) }
            let token = self.add(.async(ofSocket: push), event.name)
            return { self.off(token) }
        }
    }

    /// The events of one name, from now on, with their first argument; see ``events(_:limit:)``.
    public func events<Argument: Decodable & Sendable>(
        _ event: Event<Argument>,
        as type: Argument.Type,
        limit: Int = 16
    ) -> EventSequence<Argument> {
        self.events(event, limit: limit)
    }
}

extension EventSource {
    /// The sockets that join from now on. The events of a socket wait until the task comes back for the next socket, so
    /// set up the socket's handlers in the loop's body.
    public var connections: EventSequence<Socket> {
        let namespace = self.eventNamespace
        return EventSequence(limit: 0) { producer in
            let token = namespace.add(.async { await producer.push($0) })
            return { namespace.remove(token) }
        }
    }
}
