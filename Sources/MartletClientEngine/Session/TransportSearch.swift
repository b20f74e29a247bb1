// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

/// An attempt to bring a transport into use, or to learn whether one works: transports are tried one after another until
/// the first packet comes on one.
struct TransportSearch {
    enum Purpose {
        case handshake
        /// Moves the session.
        case attach
        /// Only asks whether a better transport gets through.
        case probe
        /// The classic upgrade of a plain session from polling.
        case upgrade
    }

    let purpose: Purpose
    /// Those that were not tried yet.
    private(set) var names: ArraySlice<TransportName>
    /// The one that is tried.
    var candidate: (any ClientTransport)?
    /// What the present attempt asks for.
    var terms = RequestTerms()
    /// Why the attempt before failed.
    var error: ClientError

    init(_ purpose: Purpose, _ names: [TransportName]) {
        self.purpose = purpose
        self.names = names[...]
        self.error =
            names.isEmpty
            ? ClientError(.unavailable, "there is no transport to try") : ClientError(.timeout, "nothing was heard")
    }

    /// Whether the attempt under way is the last one.
    var isLast: Bool { self.names.isEmpty }

    mutating func next() -> TransportName? { self.names.popFirst() }
}
