// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The JavaScript client, in its three forms.
package enum ClientScripts {
    package static let all: [(name: String, bytes: [UInt8])] = [
        ("martlet.js", PackageResources.martlet_js),
        ("martlet.min.js", PackageResources.martlet_min_js),
        ("martlet.esm.js", PackageResources.martlet_esm_js),
    ]
}
