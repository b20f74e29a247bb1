// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet
internal import MartletEngine
internal import MartletEvents
internal import Metrics
internal import WebSocketWire

/// The metrics that are set from a server's numbers.
struct ServerMetrics {
    private let factory: any MetricsFactory
    private let labels: NamespaceLabels
    private var sessions: GaugeFamily
    private var sockets: GaugeFamily
    private var handshakes: CounterFamily
    private var closedSessions: CounterFamily
    private var disconnects: CounterFamily
    private var switches: CounterFamily
    private var resumes: CounterFamily
    private var messagesReceived: CounterFamily
    private var messagesSent: CounterFamily
    private var bytesReceived: CounterFamily
    private var bytesSent: CounterFamily
    private var compression: CounterFamily
    private var answerBytes: CounterFamily
    private var eventsReceived: CounterFamily
    private var eventsSent: CounterFamily
    private var answersReceived: CounterFamily
    private var answersSent: CounterFamily
    private var exceededLimits: CounterFamily
    private let waitingEvents: Gauge
    private let waitingBytes: Gauge
    private let unsentBytes: Gauge
    private var cluster: Cluster?

    private struct Cluster {
        let nodes: Gauge
        var sent: CounterFamily
        var received: CounterFamily
        var dropped: CounterFamily
    }

    init(_ factory: any MetricsFactory, _ labels: NamespaceLabels) {
        self.factory = factory
        self.labels = labels
        self.sessions = GaugeFamily(MetricName.sessions, "transport", factory)
        self.sockets = GaugeFamily(MetricName.sockets, "namespace", factory)
        self.handshakes = CounterFamily(MetricName.handshakes, ["result"], factory)
        self.closedSessions = CounterFamily(MetricName.closedSessions, ["reason"], factory)
        self.disconnects = CounterFamily(MetricName.disconnects, ["reason"], factory)
        self.switches = CounterFamily(MetricName.transportSwitches, ["from", "to"], factory)
        self.resumes = CounterFamily(MetricName.resumes, ["kind"], factory)
        self.messagesReceived = CounterFamily(MetricName.messagesReceived, factory)
        self.messagesSent = CounterFamily(MetricName.messagesSent, factory)
        self.bytesReceived = CounterFamily(MetricName.bytesReceived, factory)
        self.bytesSent = CounterFamily(MetricName.bytesSent, factory)
        self.compression = CounterFamily(MetricName.compression, ["direction", "form"], factory)
        self.answerBytes = CounterFamily(MetricName.answerBytes, ["form"], factory)
        self.eventsReceived = CounterFamily(MetricName.eventsReceived, factory)
        self.eventsSent = CounterFamily(MetricName.eventsSent, factory)
        self.answersReceived = CounterFamily(MetricName.answersReceived, factory)
        self.answersSent = CounterFamily(MetricName.answersSent, factory)
        self.exceededLimits = CounterFamily(MetricName.exceededLimits, ["limit"], factory)
        self.waitingEvents = Gauge(label: MetricName.waitingEvents, factory: factory)
        self.waitingBytes = Gauge(label: MetricName.waitingBytes, factory: factory)
        self.unsentBytes = Gauge(label: MetricName.unsentBytes, factory: factory)
    }

    mutating func report(_ statistics: ServerStatistics) {
        var transports = [TransportName.websocket: 0, .sse: 0, .polling: 0]
        transports.merge(statistics.sessionsByTransport, uniquingKeysWith: +)
        self.sessions.report(Dictionary(uniqueKeysWithValues: transports.map { ($0.rawValue, $1) }))
        self.sockets.report(
            Dictionary(statistics.socketsByNamespace.map { (self.labels[$0], $1) }, uniquingKeysWith: +))
        self.report(statistics.counters)
        self.handshakes.report(statistics.counters.opened, "accepted")
        for (cause, count) in statistics.refusedHandshakes { self.handshakes.report(count, cause) }
        self.disconnects.report(statistics.disconnects)
        self.exceededLimits.report(statistics.exceededLimits)
        self.report(statistics.events)
        self.report(statistics.compression)
        self.answerBytes.report(statistics.answerBytes.plain, "plain")
        self.answerBytes.report(statistics.answerBytes.compressed, "compressed")
        self.unsentBytes.record(statistics.unsentBytes)
    }

    private mutating func report(_ counters: EngineShard.Counters) {
        self.messagesReceived.report(counters.messagesIn)
        self.messagesSent.report(counters.messagesOut)
        self.bytesReceived.report(counters.bytesIn)
        self.bytesSent.report(counters.bytesOut)
        self.closedSessions.report(counters.closed)
        for (change, count) in counters.switches {
            self.switches.report(count, change.from.rawValue, change.to.rawValue)
        }
        self.resumes.report(counters.resumes, "session")
    }

    private mutating func report(_ events: EventCounters) {
        self.eventsReceived.report(events.received)
        self.eventsSent.report(events.sent)
        self.answersReceived.report(events.answersReceived)
        self.answersSent.report(events.answersSent)
        self.resumes.report(events.recovered, "recovery")
        self.waitingEvents.record(events.waiting)
        self.waitingBytes.record(events.waitingBytes)
    }

    private mutating func report(_ compression: CompressionTraffic) {
        self.compression.report(compression.compressedIn, "received", "compressed")
        self.compression.report(compression.plainIn, "received", "plain")
        self.compression.report(compression.compressedOut, "sent", "compressed")
        self.compression.report(compression.plainOut, "sent", "plain")
    }

    mutating func report(nodes: Int, _ traffic: ClusterTraffic) {
        var cluster =
            self.cluster
            ?? Cluster(
                nodes: Gauge(label: MetricName.clusterNodes, factory: self.factory),
                sent: CounterFamily(MetricName.clusterSent, self.factory),
                received: CounterFamily(MetricName.clusterReceived, self.factory),
                dropped: CounterFamily(MetricName.clusterDropped, self.factory)
            )
        cluster.nodes.record(nodes)
        cluster.sent.report(traffic.sent)
        cluster.received.report(traffic.received)
        cluster.dropped.report(traffic.dropped)
        self.cluster = cluster
    }
}
