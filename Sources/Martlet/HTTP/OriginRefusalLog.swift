// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine

/// Logs why a page was refused, and which setting lets it in. A browser tells its user only that the connection failed,
/// and behind a proxy that replaces `Host` a server refuses its own pages.
struct OriginRefusalLog: Sendable {
    private let logger = ThrottledLogger()

    /// How many characters of a request's fields the log repeats.
    private static let maxLength = 200

    func note(origin: String, host: String?, forwardedHosts: [Substring]) {
        self.logger.log(level: .warning) {
            let forwarded =
                forwardedHosts.isEmpty
                ? "and no trusted proxy named another host"
                : "and a trusted proxy named \(forwardedHosts.map { "'\($0)'" }.joined(separator: ", "))"
            return """
                Refused a page of the origin '\(origin.prefix(Self.maxLength))': the request's Host is \
                '\((host ?? "").prefix(Self.maxLength))' \(forwarded.prefix(Self.maxLength)). \
                If the page is yours, add its origin to `cors`; behind a proxy that replaces Host, \
                set `trustedProxies`, and have the proxy send X-Forwarded-Host.
                """
        }
    }
}
