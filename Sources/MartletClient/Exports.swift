// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

@_exported public import MartletShared

@_exported public import struct MartletEngine.DisconnectReason
@_exported public import struct MartletEngine.TransportName
