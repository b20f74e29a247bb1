// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
package import NIOCore

/// What came of the body of a POST.
package enum UploadResult: Sendable {
    /// All packets were taken: `200 ok`.
    case taken
    /// The body is not a payload: 400, and the session is over.
    case malformed
    /// The body's messages do not follow those that have come, or a later request took its place: 400, and the client
    /// begins again with the first one that is not acknowledged.
    case outOfSequence
    /// The session ended, or moved to another transport, while the body was waiting to be taken.
    case abandoned
}

/// The POST request that brings messages of a session up, for every transport that cannot carry them itself.
///
/// In a lossless session any number may be under way, since whatever stands between may repeat them; what each brings
/// follows from its number.
enum Upload {
    case none
    /// A request's body is on its way.
    case receiving
    /// A body is complete, and waits for handlers that are behind.
    /// Rare, so that it takes place in a session only when it is there.
    indirect case waiting(Body, completion: (UploadResult) -> Void)

    struct Body {
        var packets: EnginePayloadIterator
        /// How many of the messages that come next have come before.
        var duplicates = 0
        private var isRetained = false

        init(packets: EnginePayloadIterator, duplicates: Int = 0) {
            self.packets = packets
            self.duplicates = duplicates
        }

        /// The same with memory of its own.
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
    /// - Returns: false when another one is under way: there may be one at a time, and the session is closed
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

    /// The body was refused because of its size, or the connection was lost before it was complete. Nothing of it was
    /// taken, and the session lives on: whether its client does is for the heartbeat to find out.
    package func cancelUpload() {
        if case .receiving = self.state.upload { self.state.upload = .none }
    }

    /// The body of the POST that ``beginUpload()`` announced is complete.
    /// - Parameter completion: told what came of it, at once, or when handlers that are behind have caught up.
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
            // A body that still waits was sent before this one, which begins no later than where that was left.
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

    /// Takes a body that has no number and so may bring no message. It waits for no handler, nor does it take the place
    /// of a body that does.
    /// - Throws: ``EngineIOError/badRequest`` when there is a message in it, or more is acknowledged than was ever sent;
    ///   nothing of it is taken then.
    private func takeControlUpload(
        _ body: ByteBuffer,
        acknowledging acknowledged: Int?,
        _ completion: (UploadResult) -> Void
    ) throws(EngineIOError) {
        var packets: [EnginePacket] = []
        do throws(EngineIOError) {
            // Nothing at all is no payload, but nothing is wrong with it here.
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

    /// Nothing is taken any more of a body that is on its way or waits.
    func abandonUpload() {
        if case .waiting(_, let completion) = exchange(&self.state.upload, with: .none) { completion(.abandoned) }
    }

    private func takeUpload(_ body: Upload.Body, completion: @escaping (UploadResult) -> Void) {
        var body = body
        do {
            while true {
                // A body that waits is neither lost nor answered; the client sends no other before the answer.
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
            // The answer says that all of it has come.
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
