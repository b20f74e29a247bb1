// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine
internal import NIOCore

/// Waits a moment when a listening socket cannot accept, for example because no file descriptor is left; clients that
/// come meanwhile wait in the backlog. Without this the socket stays readable, and its event loop does nothing but try.
///
/// NIO's `AcceptBackoffHandler` delays the next read. But after a failed `accept` the last read still counts as pending,
/// so that no read follows (NIO 2.101). Automatic reading, when it is off, stops a pending read, too.
final class AcceptFailureHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let logger = ThrottledLogger()

    private static let delay = TimeAmount.milliseconds(100)

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError else { return context.fireErrorCaught(error) }
        self.logger.log(level: .error) { "Cannot accept connections for now: \(error)" }
        let listener = context.channel
        // Where an option cannot be set, the listener has been closed.
        try? listener.syncOptions?.setOption(.autoRead, value: false)
        listener.eventLoop.assumeIsolated().scheduleTask(in: Self.delay) {
            try? listener.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
