// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Who may use the server from web pages of another origin (the Fetch standard's CORS protocol).
///
/// The origins listed here are also those from which a WebSocket may be opened.
public struct CORSConfiguration: Sendable {
    /// Which origins are allowed.
    public enum AllowedOrigins: Sendable {
        /// All of them.
        case any
        /// The listed origins, each in the form that a browser sends: `https://example.org`.
        case only(Set<String>)
        /// Those for which the function returns true. It gets the origin as the browser has sent it, which may be any text,
        /// and is called on an event loop, so it must not block.
        case matching(@Sendable (_ origin: String) -> Bool)

        package var isAny: Bool { if case .any = self { true } else { false } }
    }

    public var allowedOrigins: AllowedOrigins
    /// Whether browsers may send cookies and HTTP authentication with a request.
    public var allowsCredentials: Bool
    /// Header fields that requests may have; `nil`: the fields that the preflight request asks for.
    public var allowedHeaders: [String]?
    /// How long a browser may keep the answer to a preflight request.
    public var maxAge: Duration?

    public init(
        allowedOrigins: AllowedOrigins,
        allowsCredentials: Bool = false,
        allowedHeaders: [String]? = nil,
        maxAge: Duration? = .seconds(600)
    ) {
        self.allowedOrigins = allowedOrigins
        self.allowsCredentials = allowsCredentials
        self.allowedHeaders = allowedHeaders
        self.maxAge = maxAge
    }
}
