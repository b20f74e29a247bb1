// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import WebSocketWire

extension PerMessageDeflate {
    var wire: PerMessageDeflateConfiguration {
        PerMessageDeflateConfiguration(
            threshold: self.threshold,
            serverNoContextTakeover: self.serverNoContextTakeover,
            clientNoContextTakeover: self.clientNoContextTakeover,
            serverMaxWindowBits: self.serverMaxWindowBits,
            clientMaxWindowBits: self.clientMaxWindowBits,
            level: self.level,
            memLevel: self.memLevel
        )
    }
}
