// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The names of the metrics, and what is said of them.
package enum MetricName {
    static let sessions = "martlet_sessions"
    static let sockets = "martlet_sockets"
    static let handshakes = "martlet_handshakes_total"
    static let closedSessions = "martlet_sessions_closed_total"
    static let disconnects = "martlet_disconnects_total"
    static let transportSwitches = "martlet_transport_switches_total"
    static let resumes = "martlet_resumes_total"
    static let messagesReceived = "martlet_messages_received_total"
    static let messagesSent = "martlet_messages_sent_total"
    static let bytesReceived = "martlet_received_bytes_total"
    static let bytesSent = "martlet_sent_bytes_total"
    static let compression = "martlet_compression_bytes_total"
    static let eventsReceived = "martlet_events_received_total"
    static let answerBytes = "martlet_compressed_answer_bytes_total"
    static let eventsSent = "martlet_events_sent_total"
    static let answersReceived = "martlet_acknowledgements_received_total"
    static let answersSent = "martlet_acknowledgements_sent_total"
    static let handlerDuration = "martlet_handler_duration_seconds"
    static let handlerFailures = "martlet_handler_failures_total"
    static let broadcastDuration = "martlet_broadcast_duration_seconds"
    static let broadcastReceivers = "martlet_broadcast_receivers"
    static let waitingEvents = "martlet_waiting_events"
    static let waitingBytes = "martlet_waiting_event_bytes"
    static let unsentBytes = "martlet_unsent_bytes"
    static let exceededLimits = "martlet_limits_exceeded_total"
    static let clusterNodes = "martlet_cluster_nodes"
    static let clusterSent = "martlet_cluster_messages_sent_total"
    static let clusterReceived = "martlet_cluster_messages_received_total"
    static let clusterDropped = "martlet_cluster_messages_dropped_total"

    /// What each metric is, in a line.
    package static let help = [
        sessions: "Open sessions, by transport.",
        sockets: "Connected sockets, by namespace.",
        handshakes: "Requests for a session, by result.",
        closedSessions: "Sessions that have ended, by reason.",
        disconnects: "Sockets that have left their namespace, by reason.",
        transportSwitches: "Sessions that went on with another kind of transport.",
        resumes: "Clients that came back after the loss of a connection and went on where they were.",
        messagesReceived: "Messages received, attachments among them.",
        messagesSent: "Messages sent, attachments among them.",
        bytesReceived: "Bytes of the messages received, before compression.",
        bytesSent: "Bytes of the messages sent, before compression.",
        compression: "Bytes of the messages that were compressed on WebSockets, before and after compression.",
        answerBytes: "Bytes of the HTTP answers that were compressed, before and after compression.",
        eventsReceived: "Events received.",
        eventsSent: "Events sent, once for each receiver.",
        answersReceived: "Answers received to events that were sent.",
        answersSent: "Answers sent to events that were received.",
        handlerDuration: "How long handlers took for an event, from its first call to its end.",
        handlerFailures: "Handlers that threw.",
        broadcastDuration: "How long it took to give a broadcast to the transports of all receivers on this server.",
        broadcastReceivers: "How many receivers on this server a broadcast had.",
        waitingEvents: "Events that wait for handlers.",
        waitingBytes: "Bytes of the events that wait for handlers.",
        unsentBytes: "Bytes that wait for slow receivers.",
        exceededLimits: "How often clients exceeded a limit.",
        clusterNodes: "Other servers of the cluster that this one knows.",
        clusterSent: "Messages sent to the other servers of the cluster.",
        clusterReceived: "Messages received from the other servers of the cluster.",
        clusterDropped: "Messages from the cluster that could not be read.",
        "martlet_redis_published_messages_total": "Messages published to Redis.",
        "martlet_redis_received_messages_total": "Messages received from Redis.",
        "martlet_redis_dropped_messages_total": "Messages that waited for Redis and were dropped.",
        "martlet_redis_reconnects_total": "Connections to Redis after the first.",
        "martlet_redis_connected": "Whether there is a connection to Redis.",
        "martlet_redis_unread_peer_messages_total": "Messages of other systems on Redis that could not be read.",
    ]
}
