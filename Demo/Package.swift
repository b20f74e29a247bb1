// swift-tools-version: 6.2
// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "demo",
    platforms: [.macOS(.v14)],
    dependencies: [
        .package(name: "Martlet", path: ".."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "demo",
            dependencies: [
                "FaultProxy",
                .product(name: "Martlet", package: "Martlet"),
                .product(name: "MartletAdmin", package: "Martlet"),
                .product(name: "MartletObservability", package: "Martlet"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Demo",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "websocketd",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Martlet", package: "Martlet"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system", condition: .when(platforms: [.linux])),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Websocketd",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "sample-chat",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Martlet", package: "Martlet"),
            ],
            path: "Sources/Samples/Chat",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "sample-dashboard",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Martlet", package: "Martlet"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Samples/Dashboard",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "sample-game",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Martlet", package: "Martlet"),
            ],
            path: "Sources/Samples/Game",
            swiftSettings: settings
        ),
        .target(
            name: "NoteEvents",
            dependencies: [
                .product(name: "MartletShared", package: "Martlet")
            ],
            path: "Sources/Samples/Notes/Events",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "sample-notes-server",
            dependencies: [
                "NoteEvents",
                .product(name: "Martlet", package: "Martlet"),
            ],
            path: "Sources/Samples/Notes/Server",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "sample-notes",
            dependencies: [
                "NoteEvents",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MartletClient", package: "Martlet"),
            ],
            path: "Sources/Samples/Notes/Client",
            swiftSettings: settings
        ),
        .target(
            name: "FaultProxy",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DemoTests",
            dependencies: [
                "FaultProxy",
                "demo",
                "websocketd",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Martlet", package: "Martlet"),
                .product(name: "MartletAdmin", package: "Martlet"),
                .product(name: "MartletTesting", package: "Martlet"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
    ]
)
