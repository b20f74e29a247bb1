// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// What comes from the journal.
extension SharedRecovery {
    func received(_ entries: [JournalEntry], through position: JournalOffset) {
        guard let core, let adapter else { return }
        var deliveries: [(namespace: Namespace, delivery: JournalDelivery)] = []
        var fences: [JournalEntry] = []
        for entry in entries {
            guard let namespace = core.namespaces.existing(entry.channel) else {
                if entry.channel == self.fences { fences.append(entry) }
                continue
            }
            guard let delivery = self.delivery(entry, core.codec) else { continue }
            if case .broadcast(let packet, let target) = delivery.action, target.isKept {
                // Whoever joins meanwhile gets it as history or as it comes: so what comes before goes first.
                if let last = deliveries.last { self.post(deliveries, through: last.delivery.offset, core, adapter) }
                deliveries = []
                namespace.history.keep(packet, in: target.rooms, now: .now()) {
                    self.post([(namespace, delivery)], through: delivery.offset, core, adapter)
                }
            } else {
                deliveries.append((namespace, delivery))
            }
        }
        self.post(deliveries, through: position, core, adapter)
        // Now this server has come to them.
        for fence in fences { self.received(fence, adapter) }
    }

    private func received(_ fence: JournalEntry, _ adapter: ClusterAdapter) {
        do {
            let message = try ClusterMessage<ClusterOperation>(reading: fence.message)
            guard case .fence(let handover, self.node) = message.body else { throw ClusterMessageError.unknown }
            if message.from == self.node {
                adapter.handovers.flushed(handover)
            } else {
                adapter.handovers.fenced(handover, fence.channel, by: message.from)
            }
        } catch {
            adapter.drop("journal, entry \(fence.offset)", error)
        }
    }

    func delivery(_ entry: JournalEntry, _ codec: any PacketCodec) -> JournalDelivery? {
        do {
            let message = try ClusterMessage<ClusterOperation>(reading: entry.message)
            return try codec.delivery(
                of: message.body, at: entry.offset, in: entry.channel, isOwn: message.from == self.node)
        } catch {
            self.adapter?.drop("journal, entry \(entry.offset)", error)
            return nil
        }
    }

    private func post(
        _ deliveries: [(namespace: Namespace, delivery: JournalDelivery)],
        through position: JournalOffset,
        _ core: ServerCore,
        _ adapter: ClusterAdapter
    ) {
        let shards = core.shards
        let fanOuts = core.observer.map { observer in deliveries.map { FanOut(of: $0, observer) } }
        adapter.order.receive(deliveries, through: position) {
            for shard in shards {
                shard.queue.post {
                    for (index, (namespace, delivery)) in deliveries.enumerated() {
                        let count = shard.existing(namespace)?.deliver(delivery)
                        if let count { fanOuts?[index]?.reached(count) }
                        shard.journalPosition = delivery.offset
                    }
                    shard.journalPosition = position
                }
            }
        }
    }
}
