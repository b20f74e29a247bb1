// swift-tools-version: 6.2
// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
    name: "demo",
    platforms: [.macOS(.v14)],
    dependencies: [
        .package(name: "Martlet", path: ".."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "demo",
            dependencies: [
                .product(name: "Martlet", package: "Martlet"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            path: "Sources/Demo",
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .treatAllWarnings(as: .error),
            ]
        )
    ]
)
