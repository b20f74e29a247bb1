// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Martlet
internal import NIOCore
internal import NIOSSL

/// Sets up connections with TLS, and connections that may speak HTTP/2.
struct SecureConnections: ConnectionSetup {
    var tls: ServerTLS?
    var http2 = HTTP2Configuration()
    private let log = Logger(label: "martlet.tls")

    func setUp(_ channel: any Channel, _ connections: ServerConnections) throws {
        guard self.tls != nil || self.http2.allowsPlaintext else {
            return try connections.serveHTTP1(on: channel, isFirst: true)
        }
        let pipeline = channel.pipeline.syncOperations
        let receiver = ReceiveHandler(connections)
        try pipeline.addHandler(receiver)
        let limit = OpeningLimit(connections.timers) { receiver.cutOff() }
        if let tls {
            try pipeline.addHandler(NIOSSLServerHandler(context: tls.context))
            let handler = HandshakeHandler(limit: limit, time: tls.handshakeTime, log: self.log) { isHTTP2 in
                try self.serve(channel, connections, isHTTP2: isHTTP2)
            }
            try pipeline.addHandler(handler)
        } else {
            let handler = PrefaceHandler(limit: limit, time: connections.headTime) { isHTTP2 in
                try self.serve(channel, connections, isHTTP2: isHTTP2)
            }
            try pipeline.addHandler(handler)
        }
    }

    private func serve(_ channel: any Channel, _ connections: ServerConnections, isHTTP2: Bool) throws {
        let isSecure = self.tls != nil
        if isHTTP2 {
            try connections.serveHTTP2(on: channel, self.http2, isSecure: isSecure, log: self.log)
        } else {
            try connections.serveHTTP1(on: channel, isFirst: false, isSecure: isSecure)
        }
    }
}
