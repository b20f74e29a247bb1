// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Where a session is, from its handshake to its end.
enum ClientSessionPhase: Hashable, CaseIterable {
    case idle
    /// The handshake is under way.
    case opening
    /// A transport is in use.
    case open
    /// The transport is lost, and another one is looked for. Only lossless sessions come here.
    case suspended
    /// The application has closed the session; a transport is in use, and packet 1 waits for what was queued before it.
    case closing
    /// The application has closed the session; no transport is in use, and one is looked for to say packet 1.
    case stranded
    /// Packet 1 is on its way; over HTTP its POST is not answered yet.
    case parting
    case over

    enum Event: CaseIterable {
        case opened
        /// A transport came into use, in place of the one before if there was one.
        case attached
        /// The transport in use is lost, and the session is lossless.
        case lost
        /// The application closes the session.
        case closed
        /// Packet 1 was handed to the transport.
        case said
        /// The session cannot go on.
        case ended
    }

    /// The phase to which an event leads; `nil` if it changes nothing.
    func after(_ event: Event) -> ClientSessionPhase? {
        switch (self, event) {
        case (.over, _): nil
        case (_, .ended): .over
        case (.idle, .opened): .opening
        case (.idle, .closed), (.opening, .closed): .over
        case (.opening, .attached), (.suspended, .attached): .open
        case (.open, .lost): .suspended
        case (.open, .closed): .closing
        case (.suspended, .closed): .stranded
        case (.closing, .lost), (.parting, .lost): .stranded
        case (.closing, .said): .parting
        case (.stranded, .attached), (.parting, .attached): .closing
        default: nil
        }
    }

    /// Whether the application has closed the session, or it is over: nothing more is taken or asked for.
    var isClosing: Bool {
        switch self {
        case .closing, .stranded, .parting, .over: true
        case .idle, .opening, .open, .suspended: false
        }
    }
}
