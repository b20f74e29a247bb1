// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import SocketIOWire

/// An event that came in.
struct IncomingEvent: Sendable {
    let name: EventName
    let ackID: Int?
    private(set) var arguments: IncomingArguments

    /// - Returns: `nil` for an event without a name, which nobody can hear.
    init?(_ packet: consuming SocketPacket) {
        guard let name = packet.eventName else { return nil }
        self.name = name
        self.ackID = packet.ackID
        self.arguments = IncomingArguments(packet)
    }

    /// The same with memory of its own.
    func retained() -> IncomingEvent {
        var event = self
        event.arguments = self.arguments.retained()
        return event
    }
}
