// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine

/// What became of a POST between its head and its end.
///
/// `@unchecked Sendable`: used on the event loop of the session only.
final class EngineUpload: @unchecked Sendable {
    /// The session that takes the body.
    var session: Session?
    /// The transport that the request names.
    var transport: TransportName?
    var counts = EngineRequest.Counts()
    /// Why nothing does.
    var refusal: EngineIOError?
}
