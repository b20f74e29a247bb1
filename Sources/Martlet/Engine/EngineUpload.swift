// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine

/// What became of a POST between its head and its end.
///
/// `@unchecked Sendable`: used on the event loop of the session only.
final class EngineUpload: @unchecked Sendable {
    // `@exclusivity(unchecked)`: see LoopContext.
    /// The session that takes the body.
    @exclusivity(unchecked) var session: Session?
    /// The transport that the request names.
    @exclusivity(unchecked) var transport: TransportName?
    @exclusivity(unchecked) var counts = EngineRequest.Counts()
    /// Why nothing does.
    @exclusivity(unchecked) var refusal: EngineIOError?
}
