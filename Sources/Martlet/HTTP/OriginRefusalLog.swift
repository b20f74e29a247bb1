// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Says in the log why a page was refused, and which setting lets it in. A browser tells its user no more than that the
/// connection failed, and a proxy that replaces `Host` makes the server refuse its own pages.
final class OriginRefusalLog: Sendable {
    private let logger = Logger(label: "martlet")
    private let nextLine = NIOLockedValueBox(NIODeadline.distantPast)

    /// Anybody can be refused as often as they like; the log gets a line a second.
    private static let interval = TimeAmount.seconds(1)
    /// How much of what a request says is repeated.
    private static let maxLength = 200

    func note(origin: String, host: String?, forwardedHosts: [Substring]) {
        let now = NIODeadline.now()
        let isDue = self.nextLine.withLockedValue { nextLine in
            guard now >= nextLine else { return false }
            nextLine = now + Self.interval
            return true
        }
        guard isDue else { return }
        let forwarded =
            forwardedHosts.isEmpty
            ? "and no trusted proxy named another host"
            : "and a trusted proxy named \(forwardedHosts.map { "'\($0)'" }.joined(separator: ", "))"
        self.logger.warning(
            """
            Refused a page of the origin '\(origin.prefix(Self.maxLength))': the request's Host is \
            '\((host ?? "").prefix(Self.maxLength))' \(forwarded.prefix(Self.maxLength)). \
            If the page is yours, add its origin to `cors`; behind a proxy that replaces Host, \
            set `trustedProxies`, and have the proxy send X-Forwarded-Host.
            """
        )
    }
}
