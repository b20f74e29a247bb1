// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#if EmbeddedClient
internal import CMartletScripts
#endif
#if ClientSourceMaps
internal import CMartletScriptMaps
#endif

/// The files of the JavaScript client that the package's traits have put into the binary.
enum EmbeddedFiles {
    #if EmbeddedClient
    static let scripts = [
        Self.file("martlet.js", martlet_script().bytes, martlet_script().size),
        Self.file("martlet.min.js", martlet_min_script().bytes, martlet_min_script().size),
        Self.file("martlet.esm.js", martlet_esm_script().bytes, martlet_esm_script().size),
    ]
    #else
    static let scripts: [(name: String, bytes: [UInt8])] = []
    #endif

    #if ClientSourceMaps
    static let maps = [
        Self.file("martlet.min.js.map", martlet_min_script_map().bytes, martlet_min_script_map().size),
        Self.file("martlet.esm.js.map", martlet_esm_script_map().bytes, martlet_esm_script_map().size),
    ]
    #else
    static let maps: [(name: String, bytes: [UInt8])] = []
    #endif

    #if EmbeddedClient
    private static func file(_ name: String, _ bytes: UnsafePointer<UInt8>?, _ size: Int) -> (
        name: String, bytes: [UInt8]
    ) {
        (name, Array(UnsafeBufferPointer(start: bytes, count: size)))
    }
    #endif
}
