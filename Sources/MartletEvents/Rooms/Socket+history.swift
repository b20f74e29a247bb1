// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

extension Socket {
    /// Puts the socket into a room, and sends it the events that were sent to the room by ``BroadcastOperator/kept``.
    ///
    /// The client gets each such event once and in order, whether it is sent before or after. Each has one more argument,
    /// a string: its offset, from which the client can go on when it joins again.
    ///
    /// ```swift
    /// socket.on("enter") { (room: String, offset: String?) async in
    ///     await socket.join(room, after: offset)
    /// }
    /// io.to("lobby").kept.emit("said", message)
    /// ```
    /// - Parameters:
    ///   - room: the room.
    ///   - offset: the last event of the room that the client has; `nil` if it has none.
    /// - Returns: whether the client has all events now: false when events after the offset are no longer kept, or the
    ///   offset is not known; then it gets what there is.
    @discardableResult
    public func join(_ room: String, after offset: String?) async -> Bool {
        let room = RoomName.stored(room)
        return await withCheckedContinuation { continuation in
            self.namespace.history.read(room, after: offset, now: .now()) { events, isComplete in
                self.shard.queue.post {
                    self.joinNow([room])
                    for event in events where self.canSend(isVolatile: false) { self.deliver(event, EmitFlags()) }
                    continuation.resume(returning: isComplete)
                }
            }
        }
    }
}
