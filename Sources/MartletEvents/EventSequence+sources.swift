// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

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
