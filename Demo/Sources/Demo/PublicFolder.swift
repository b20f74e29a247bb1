// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird

/// The page's files, found next to the source that this was compiled from.
enum PublicFolder {
    static let path = String(#filePath.dropLast("Sources/Demo/PublicFolder.swift".count)) + "Public"

    /// A browser asks again each time, and is answered 304.
    static let cacheControl = CacheControl([(.text, [.noCache]), (.image, [.noCache])])
}

/// Nothing but the page's own files and its own server: no inline script, no inline style, no markup out of strings.
enum PageSecurity {
    static func middleware() -> ContentSecurityMiddleware<BasicRequestContext> {
        ContentSecurityMiddleware(contentSecurityPolicy: [
            .defaultSrc(.none),
            .scriptSrc(.self),
            .styleSrc(.self),
            .imgSrc(.self),
            .connectSrc(.self),
            .baseURI(.none),
            .formAction(.none),
            .frameAncestors(.none),
            .requireTrustedTypesFor(.script),
        ])
    }
}
