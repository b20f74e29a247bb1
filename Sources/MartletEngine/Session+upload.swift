// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
package import NIOCore

/// The outcome of a POST's body.
package enum UploadResult: Sendable {
    /// All packets were taken: `200 ok`.
    case taken
    /// The body is not a payload: 400, and the session is over.
    case malformed
    /// The body's messages do not follow the messages received before, or a later request took the body's place: 400.
    /// The client begins again with the first message that is not acknowledged.
    case outOfSequence
    /// The session ended, or moved to another transport, while the body was waiting to be taken.
    case abandoned
}

/// The state of the POST request that carries messages from the client, for every transport that cannot carry them
/// itself.
///
/// In a lossless session any number of POST requests may be under way, since proxies between client and server may
/// repeat them; the numbers of their messages tell which messages are new.
enum Upload {
    case none
    /// A request's body is on its way.
    case receiving
    /// A body is complete, and waits for handlers that are behind. `indirect`, since this case is rare: other sessions
    /// need no room for it.
    indirect case waiting(Body, completion: (UploadResult) -> Void)

    struct Body {
        var packets: EnginePayloadIterator
        /// How many of the next messages were received before, by an earlier request.
        var duplicates = 0
        private var isRetained = false

        init(packets: EnginePayloadIterator, duplicates: Int = 0) {
            self.packets = packets
            self.duplicates = duplicates
        }

        /// The body with its memory copied, so that it may wait.
        func retained() -> Body {
            if self.isRetained { return self }
            var body = self
            body.packets.retain()
            body.isRetained = true
            return body
        }
    }
}

extension Session {
    /// The head of a POST arrived.
    /// - Returns: false when another POST is under way. A plain session may have one at a time, and is closed otherwise
    ///   (Engine.IO protocol 4).
    package func beginUpload() -> Bool {
        if self.isLossless { return true }
        guard case .none = self.state.upload else {
            self.close(.transportError, tellingPeer: .protocolError)
            return false
        }
        self.state.upload = .receiving
        return true
    }

    /// The body was refused because of its size, or the connection was lost before the body was complete. No message of
    /// the body was taken. The session stays open: the heartbeat finds out whether the client lives.
    package func cancelUpload() {
        if case .receiving = self.state.upload { self.state.upload = .none }
    }

    /// The body of the POST that ``beginUpload()`` announced is complete.
    /// - Parameter completion: gets the outcome, at once, or when handlers that are behind have caught up.
    package func receivedUpload(_ body: ByteBuffer, completion: @escaping (UploadResult) -> Void) {
        guard case .receiving = self.state.upload else { return completion(.abandoned) }
        self.state.upload = .none
        do {
            let packets = try EnginePayloadIterator(body, resumable: false)
            self.takeUpload(Upload.Body(packets: packets), completion: completion)
        } catch {
            self.refuseUpload(completion)
        }
    }

    /// The body of a POST to a lossless session is complete.
    /// - Parameter completion: as in ``receivedUpload(_:completion:)``.
    package func receivedUpload(
        _ body: ByteBuffer,
        _ counts: EngineRequest.Counts,
        completion: @escaping (UploadResult) -> Void
    ) {
        guard let delivery = self.delivery, self.isOpen else { return completion(.abandoned) }
        delivery.isKnownToClient = true
        do throws(EngineIOError) {
            if counts.isMalformed { throw .badRequest }
            guard let first = counts.first, body.readableBytes > 0 else {
                return try self.takeControlUpload(body, acknowledging: counts.acknowledged, completion)
            }
            let duplicates = try delivery.machine.duplicates(from: first)
            if let acknowledged = counts.acknowledged { try delivery.machine.acknowledge(acknowledged) }
            self.drain()
            // A body that still waits is an earlier one. The new body repeats the messages of it that were not taken.
            self.abandonUpload()
            do throws(EngineIOError) {
                let packets = try EnginePayloadIterator(body, resumable: true)
                self.takeUpload(Upload.Body(packets: packets, duplicates: duplicates), completion: completion)
            } catch {
                self.refuseUpload(completion)
            }
        } catch {
            completion(.outOfSequence)
        }
    }

    /// Takes a body that has no number, and so may contain no message. It does not wait for handlers, and does not
    /// replace a body that waits.
    /// - Throws: ``EngineIOError/badRequest`` when the body contains a message, or acknowledges more messages than were
    ///   ever sent; nothing of the body is taken then.
    private func takeControlUpload(
        _ body: ByteBuffer,
        acknowledging acknowledged: Int?,
        _ completion: (UploadResult) -> Void
    ) throws(EngineIOError) {
        var packets: [EnginePacket] = []
        do throws(EngineIOError) {
            // An empty body is not a valid payload, but is allowed here.
            var iterator = try EnginePayloadIterator(body, resumable: true)
            while body.readableBytes > 0, let packet = try iterator.next() { packets.append(packet) }
        } catch {
            return self.refuseUpload(completion)
        }
        if packets.contains(where: \.isMessage) { throw .badRequest }
        if let acknowledged { try self.delivery?.machine.acknowledge(acknowledged) }
        self.drain()
        for packet in packets { self.take(packet) }
        completion(.taken)
    }

    func continueUpload() {
        guard case .waiting(let body, let completion) = self.state.upload else { return }
        self.state.upload = .none
        self.takeUpload(body, completion: completion)
    }

    /// Drops a body that is on its way or waits.
    func abandonUpload() {
        if case .waiting(_, let completion) = exchange(&self.state.upload, with: .none) { completion(.abandoned) }
    }

    private func takeUpload(_ body: Upload.Body, completion: @escaping (UploadResult) -> Void) {
        var body = body
        do {
            while true {
                // The body waits, and is answered later. Until then the client of a plain session sends no other.
                if self.isReadingPaused {
                    self.state.upload = .waiting(body.retained(), completion: completion)
                    return
                }
                guard let packet = try body.packets.next() else { break }
                if body.duplicates > 0, packet.isMessage {
                    body.duplicates -= 1
                } else {
                    self.take(packet)
                }
            }
            // The answer acknowledges all messages of the body.
            _ = self.delivery?.machine.tell()
            completion(.taken)
        } catch {
            self.refuseUpload(completion)
        }
    }

    private func refuseUpload(_ completion: (UploadResult) -> Void) {
        completion(.malformed)
        self.close(.parseError, tellingPeer: .protocolError)
    }
}
