// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

/// What other nodes ask of this one.
extension ClusterAdapter {
    func received(_ answer: ClusterAnswer, from node: String) {
        self.question(answer.question)?.received(answer.body, from: node)
    }

    func received(
        _ operation: ClusterOperation,
        _ number: Int?,
        from node: String,
        on channel: String,
        in namespace: Namespace
    ) {
        /// Notes what is carried out on the event loops.
        func turn(_ body: RecordedOperation.Body) -> OperationTurn {
            let operation = RecordedOperation(
                body, at: .bus(node: node, channel: channel, number: number), in: namespace.name)
            return OperationTurn(take: { self.order.receive(operation, $0) }, taken: {})
        }
        switch operation {
        case .broadcast(let packet, let target):
            guard namespace.core.codec.wrote(packet, of: namespace.name) else { return self.dropPacket(of: namespace) }
            self.local.broadcast(packet, to: target, in: namespace, turn(.broadcast(packet, target)))
        case .perform(let operation, let target):
            self.local.perform(operation, on: target, in: namespace, turn(.perform(operation, target)))
        case .ask(let packet, let target, let milliseconds, let question):
            guard namespace.core.codec.wrote(question: packet) else { return self.dropPacket(of: namespace) }
            let timeout = Duration.milliseconds(min(max(milliseconds, 0), 86_400_000))
            Task { await self.ask(packet, of: target, in: namespace, timeout: timeout, for: node, question) }
        case .count(let target, let question):
            self.answer(question, of: node) {
                .count(UInt32(clamping: await self.local.count(target, in: namespace).value))
            }
        case .describe(let target, let question):
            self.answer(question, of: node) { .sockets(await self.local.describe(target, in: namespace).value) }
        case .fence(let handover, let destination):
            if destination == self.id { self.handovers.fenced(handover, channel, by: node) }
        case .serverSide(let event, let question):
            namespace.received(event) { answer in
                if let question { self.publish(.serverSide(answer), question, to: node) }
            }
        }
    }

    private func dropPacket(of namespace: Namespace) {
        self.drop(self.configuration.channel(of: namespace), ClusterMessageError.invalidPacket)
    }

    private func answer(_ question: Int, of node: String, _ body: @escaping @Sendable () async -> ClusterAnswer.Body) {
        Task { self.publish(await body(), question, to: node) }
    }

    private func ask(
        _ packet: EncodedPacket,
        of target: BroadcastTarget,
        in namespace: Namespace,
        timeout: Duration,
        for node: String,
        _ question: Int
    ) async {
        _ = await self.local.ask(packet, of: target, in: namespace, timeout: timeout) { (sockets: [Socket]) in
            self.publish(.asking(sockets: sockets.map(\.id)), question, to: node)
        } answered: { socket, result in
            self.publish(.answered(socket: socket, ServerSideAnswer(result)), question, to: node)
        }
        self.publish(.asked, question, to: node)
    }

    private func publish(_ body: ClusterAnswer.Body, _ question: Int, to node: String) {
        self.publish(
            ClusterAnswer(question: question, body: body), to: self.configuration.answerChannel(of: node))
    }
}

extension PacketCodec {
    /// Whether a packet from another node is an event of this namespace in this codec, or the answer to one, from a server
    /// where the client was before. Clients could not read any other.
    func wrote(_ packet: EncodedPacket, of namespace: String) -> Bool {
        guard packet.isBinary == self.isBinary, packet.isBinary || packet.message.isUTF8,
            let packet = packet.decoded(by: self), packet.namespace == namespace
        else { return false }
        return switch packet.type {
        case .event, .binaryEvent: packet.hasName
        case .ack, .binaryAck: packet.ackID != nil
        default: false
        }
    }

    /// Whether a question from another node is in this codec.
    fileprivate func wrote(question: EncodedPacket) -> Bool {
        guard question.isBinary == self.isBinary else { return false }
        return self.isBinary || (question.message.isUTF8 && (try? JSONScanner.validate(question.message)) == .array)
    }
}
