// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#if EmbeddedClient
internal import MartletClient
#endif
#if ClientSourceMaps
internal import MartletClientMaps
#endif

/// The files of the JavaScript client that the package's traits have put into the binary.
enum EmbeddedFiles {
    #if EmbeddedClient
    static let scripts = ClientScripts.all
    #else
    static let scripts: [(name: String, bytes: [UInt8])] = []
    #endif

    #if ClientSourceMaps
    static let maps = ClientMaps.all
    #else
    static let maps: [(name: String, bytes: [UInt8])] = []
    #endif
}
