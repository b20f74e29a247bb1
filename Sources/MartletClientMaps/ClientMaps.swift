// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The source maps of the JavaScript client's minified forms.
package enum ClientMaps {
    package static let all: [(name: String, bytes: [UInt8])] = [
        ("martlet.min.js.map", PackageResources.martlet_min_js_map),
        ("martlet.esm.js.map", PackageResources.martlet_esm_js_map),
    ]
}
