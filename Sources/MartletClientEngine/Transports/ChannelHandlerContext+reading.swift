// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension ChannelHandlerContext {
    /// Stops reading from the connection, or goes on. A few reads that have begun still come.
    func setReadingPaused(_ isPaused: Bool) {
        try? self.channel.syncOptions?.setOption(.autoRead, value: !isPaused)
    }
}
