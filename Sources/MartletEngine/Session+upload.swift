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
    /// The session ended while the body was waiting to be taken.
    case abandoned
}

/// The POST request that brings messages of a session up, for every transport that cannot carry them itself.
struct Upload {
    enum State {
        case none
        /// A request's body is on its way.
        case receiving
        /// A body is complete, and waits for handlers that are behind.
        case waiting(EnginePayloadIterator, completion: (UploadResult) -> Void)
    }

    var state = State.none

    mutating func abandon() {
        let state = self.state
        self.state = .none
        if case .waiting(_, let completion) = state { completion(.abandoned) }
    }
}

extension Session {
    /// The head of a POST arrived.
    /// - Returns: false when another one is under way: there may be one at a time, and the session is closed
    ///   (Engine.IO protocol 4).
    package func beginUpload() -> Bool {
        guard case .none = self.upload.state else {
            self.close(.transportError, tellingPeer: .protocolError)
            return false
        }
        self.upload.state = .receiving
        return true
    }

    /// The body was refused because of its size; the session lives on.
    package func cancelUpload() {
        if case .receiving = self.upload.state { self.upload.state = .none }
    }

    /// The connection was lost before the body was complete.
    package func uploadAborted() {
        guard case .receiving = self.upload.state else { return }
        self.upload.state = .none
        self.close(.transportError, tellingPeer: .protocolError)
    }

    /// The body of the POST that ``beginUpload()`` announced is complete.
    /// - Parameter completion: told what came of it, at once, or when handlers that are behind have caught up.
    package func receivedUpload(_ body: ByteBuffer, completion: @escaping (UploadResult) -> Void) {
        guard case .receiving = self.upload.state else { return completion(.abandoned) }
        self.upload.state = .none
        do {
            self.takeUpload(try EnginePayloadIterator(body, resumable: false), completion: completion)
        } catch {
            self.refuseUpload(completion)
        }
    }

    func continueUpload() {
        guard case .waiting(let packets, let completion) = self.upload.state else { return }
        self.upload.state = .none
        self.takeUpload(packets, completion: completion)
    }

    private func takeUpload(_ packets: EnginePayloadIterator, completion: @escaping (UploadResult) -> Void) {
        var packets = packets
        do {
            while true {
                // A body that waits is neither lost nor answered; the client sends no other before the answer.
                if self.isReadingPaused {
                    self.upload.state = .waiting(packets, completion: completion)
                    return
                }
                guard let packet = try packets.next() else { break }
                self.received(packet, from: self.transport)
            }
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
