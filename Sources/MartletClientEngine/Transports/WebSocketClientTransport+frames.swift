// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore
internal import WebSocketWire

/// The frames that come in.
extension WebSocketClientTransport {
    func readFrames(_ bytes: consuming ByteBuffer) {
        self.codec?.feed(bytes)
        self.readFrames()
    }

    /// Reads what has come, unless reading is paused.
    func readFrames() {
        guard let codec = self.codec else { return }
        do throws(WebSocketError) {
            while !self.isReadingPaused, let event = try codec.next() { try self.handle(event, codec) }
        } catch {
            codec.writeClose(error.closeCode, reason: error.reason)
            self.flush()
            let code: ClientError.Code = error.closeCode == .messageTooBig ? .unavailable : .protocolViolation
            return self.fail(
                ClientError(code, "what the server has sent cannot be taken: \(error.reason)"),
                reason: SessionEndReason.parseError)
        }
        self.host?.receivedAll(on: self)
        self.flush()
    }

    private func handle(_ event: WebSocketEvent, _ codec: WebSocketClientCodec) throws(WebSocketError) {
        switch event {
        case .text(let text):
            guard let host = self.host else { return }
            do throws(EngineIOError) {
                host.received(try EnginePacket.decode(text: text), on: self)
            } catch {
                throw WebSocketError(.protocolError, "a packet cannot be read")
            }
        case .binary(let bytes): self.host?.received(.binary(bytes), on: self)
        // RFC 6455, 5.5.2: a ping is answered with its own data.
        case .ping(let data): if self.phase == .open { codec.writePong(data) }
        case .pong: break
        case .close(let code, let reason):
            // 5.5.1: a close frame is answered with its own code.
            if self.phase == .open { codec.writeClose(code) }
            self.flush()
            self.phase = self.phase == .open ? .closing : self.phase
            self.host?.lost(self, SessionEndReason.transportClose, Self.error(code, reason).on(.websocket))
            self.host = nil
            self.closeChannel()
        }
    }

    private static func error(_ code: WebSocketCloseCode?, _ reason: String) -> ClientError {
        let text = reason.isEmpty ? "" : ": \(reason)"
        let detail = (code ?? .noStatusReceived).rawValue
        return switch code {
        case .sessionUnknown:
            ClientError(.sessionUnknown, "the server does not know the session", detail: Int(detail))
        case .messageTooBig:
            ClientError(.messageTooLarge, "a message is larger than the server takes", detail: Int(detail))
        default:
            ClientError(
                .connectionLost, "the connection was closed with the code \(detail)\(text)", detail: Int(detail))
        }
    }
}
