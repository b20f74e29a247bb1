// swift-tools-version: 6.2
// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let atomics = Target.Dependency.product(name: "Atomics", package: "swift-atomics")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTransportServices = Target.Dependency.product(
    name: "NIOTransportServices", package: "swift-nio-transport-services",
    condition: .when(platforms: [.macOS, .iOS, .tvOS, .watchOS, .visionOS, .macCatalyst]))
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let inMemoryTracing = Target.Dependency.product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioHTTPTypesHTTP2 = Target.Dependency.product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")

/// The server for tests has NATS where the C client of NATS is installed: others build it without.
let hasNATS = ["/usr", "/usr/local", "/opt/homebrew"].contains { prefix in
    FileManager.default.fileExists(atPath: "\(prefix)/include/nats/nats.h")
}

let package = Package(
    name: "Martlet",
    platforms: [.macOS(.v14), .iOS(.v17), .tvOS(.v17), .watchOS(.v10), .visionOS(.v1), .macCatalyst(.v17)],
    products: [
        .executable(name: "martlet", targets: ["martlet-tool"]),
        .library(name: "Martlet", targets: ["Martlet"]),
        .library(name: "MartletAdmin", targets: ["MartletAdmin"]),
        .library(name: "MartletClient", targets: ["MartletClient"]),
        .library(name: "MartletForwarding", targets: ["MartletForwarding"]),
        .library(name: "MartletMessagePack", targets: ["MartletMessagePack"]),
        .library(name: "MartletNATS", targets: ["MartletNATS"]),
        .library(name: "MartletObservability", targets: ["MartletObservability"]),
        .library(name: "MartletRedis", targets: ["MartletRedis"]),
        .library(name: "MartletShared", targets: ["MartletShared"]),
        .library(name: "MartletTLS", targets: ["MartletTLS"]),
        .library(name: "MartletTesting", targets: ["MartletTesting"]),
    ],
    traits: [
        .default(enabledTraits: ["Compression", "EmbeddedClient"]),
        .trait(name: "Compression", description: "Compresses messages on WebSockets, where asked to. Needs zlib."),
        .trait(
            name: "EmbeddedClient",
            description: "Has the JavaScript client in the binary, and serves it beside a Socket.IO server."
        ),
        .trait(
            name: "ClientSourceMaps",
            description: "Serves the JavaScript client's source maps, too.",
            enabledTraits: ["EmbeddedClient"]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-atomics", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-transport-services", from: "1.28.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CMartletZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMartletPrefetch"),
        .systemLibrary(name: "CMartletNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),
        .target(
            name: "WebSocketWire",
            dependencies: [
                .target(name: "CMartletZlib", condition: .when(traits: ["Compression"])), nioCore,
            ],
            swiftSettings: settings
        ),
        .target(name: "EngineIOWire", dependencies: [nioCore], swiftSettings: settings),
        .target(name: "JSONGrammar", swiftSettings: settings),
        .target(name: "SocketIOWire", dependencies: ["JSONGrammar", nioCore], swiftSettings: settings),
        .target(
            name: "MartletEngine",
            dependencies: [
                "CMartletPrefetch", "EngineIOWire", atomics, logging, nioConcurrency, nioCore, httpTypes, deque, heap,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletWebSocket",
            dependencies: ["EngineIOWire", "MartletEngine", "WebSocketWire", nioCore],
            swiftSettings: settings
        ),
        .target(
            name: "MartletEventStream",
            dependencies: ["EngineIOWire", "MartletEngine", nioCore, httpTypes],
            swiftSettings: settings
        ),
        .target(
            name: "MartletPolling",
            dependencies: ["EngineIOWire", "MartletEngine", nioCore, httpTypes],
            swiftSettings: settings
        ),
        .target(
            name: "MartletShared",
            dependencies: [
                "EngineIOWire", "JSONGrammar", "SocketIOWire", atomics, deque, nioConcurrency, nioCore,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletEvents",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletShared", "SocketIOWire", atomics, deque, heap, httpTypes,
                logging,
                nioConcurrency, nioCore,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletClientEngine",
            dependencies: [
                "EngineIOWire", "MartletEngine", "WebSocketWire", deque, logging, nioConcurrency, nioCore, nioHTTP1,
                nioPosix, nioSSL, nioTransportServices,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletClient",
            dependencies: [
                "MartletClientEngine", "MartletEngine", "MartletShared", "SocketIOWire", deque, logging,
                nioConcurrency, nioCore, nioSSL,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletMessagePack",
            dependencies: ["EngineIOWire", "MartletShared", "SocketIOWire", nioCore],
            swiftSettings: settings
        ),
        .target(
            name: "MartletRedis",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletEvents", "MartletMessagePack", atomics, deque, httpTypes,
                logging, metrics, nioConcurrency, nioCore, nioPosix, nioSSL,
            ],
            swiftSettings: settings
        ),
        .target(name: "CMartletScripts"),
        .target(name: "CMartletScriptMaps"),
        .target(
            name: "Martlet",
            dependencies: [
                .target(name: "CMartletScripts", condition: .when(traits: ["EmbeddedClient"])),
                .target(name: "CMartletScriptMaps", condition: .when(traits: ["ClientSourceMaps"])),
                "EngineIOWire", "MartletEngine", "MartletEventStream", "MartletEvents", "MartletPolling",
                "MartletWebSocket", "WebSocketWire", deque, httpTypes, logging, nioConcurrency, nioCore, nioHTTP1,
                nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, lifecycle,
            ],
            swiftSettings: settings
        ),
        .target(name: "CMartletAdminPage", exclude: ["Files"]),
        .target(
            name: "MartletAdmin",
            dependencies: [
                "CMartletAdminPage", "CMartletScripts", "Martlet", "MartletEngine", "MartletEvents", "SocketIOWire",
                deque, httpTypes, logging, nioConcurrency, nioCore,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletObservability",
            dependencies: [
                "Martlet", "MartletEngine", "MartletEvents", "WebSocketWire", atomics, httpTypes, metrics,
                nioConcurrency,
                nioCore, tracing,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletNATS",
            dependencies: [
                "CMartletNATS", "MartletEngine", "MartletEvents", deque, logging, nioConcurrency, nioCore, nioPosix,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletForwarding",
            dependencies: [
                "MartletEngine", "MartletEvents", atomics, crypto, httpTypes, logging, nioConcurrency, nioCore,
                nioHTTP1, nioPosix,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletTLS",
            dependencies: [
                "Martlet", "MartletEngine", "MartletEvents", httpTypes, lifecycle, logging, nioConcurrency, nioCore,
                nioHPACK, nioHTTP2, nioHTTPTypes, nioHTTPTypesHTTP2, nioSSL, nioTLS,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "MartletTesting",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletEvents", "SocketIOWire", deque, httpTypes, nioConcurrency,
                nioCore, nioEmbedded,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "martlet-tool",
            dependencies: [
                "EngineIOWire", "MartletClient", "MartletClientEngine", "MartletEngine", "MartletShared",
                "SocketIOWire", argumentParser, logging, nioConcurrency, nioCore, nioPosix, nioSSL,
            ],
            path: "Sources/Tool",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "interop-server",
            dependencies: [
                "Martlet", "MartletAdmin", "MartletForwarding", "MartletMessagePack", "MartletObservability",
                "MartletRedis", "MartletTLS", argumentParser, logging, lifecycle, metrics,
            ] + (hasNATS ? ["MartletNATS"] : []),
            path: "Tests/InteropServer",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "interop-client",
            dependencies: [
                "CAllocationCounter", "MartletClient", argumentParser, nioConcurrency, nioCore, nioPosix,
            ],
            path: "Tests/InteropClient",
            swiftSettings: settings
        ),
        .target(name: "CAllocationCounter", path: "Tests/Benchmarks/AllocationCounter"),
        .executableTarget(
            name: "micro-benchmarks",
            dependencies: [
                "CAllocationCounter", "EngineIOWire", "MartletEngine", "MartletEvents", "MartletMessagePack",
                "MartletObservability", "MartletTesting", "MartletWebSocket", "SocketIOWire", "WebSocketWire",
                argumentParser, httpTypes,
                nioCore, nioEmbedded,
            ],
            path: "Tests/Benchmarks/Micro",
            swiftSettings: settings
        ),
        .target(
            name: "MartletTestSupport",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletEvents", "MartletPolling", "MartletTesting", "WebSocketWire",
                httpTypes, logging, nioConcurrency, nioCore, nioEmbedded, nioPosix,
            ],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "WebSocketWireTests",
            dependencies: ["MartletTestSupport", "WebSocketWire", nioCore],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EngineIOWireTests",
            dependencies: ["EngineIOWire", "MartletTestSupport", nioCore],
            swiftSettings: settings
        ),
        .testTarget(name: "JSONGrammarTests", dependencies: ["JSONGrammar"], swiftSettings: settings),
        .testTarget(
            name: "SocketIOWireTests",
            dependencies: ["MartletTestSupport", "SocketIOWire", nioCore],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletEngineTests",
            dependencies: [
                "EngineIOWire", "MartletClientEngine", "MartletEngine", "MartletEventStream", "MartletPolling",
                "MartletTestSupport", httpTypes, logging, nioConcurrency, nioCore, nioEmbedded,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletClientEngineTests",
            dependencies: [
                "EngineIOWire", "Martlet", "MartletClientEngine", "MartletEngine", "MartletEventStream",
                "MartletPolling", "MartletTLS", "MartletTestSupport", "WebSocketWire", logging, nioConcurrency, nioCore,
                nioEmbedded, nioHTTP1, nioPosix, nioSSL,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletClientTests",
            dependencies: [
                "Martlet", "MartletClient", "MartletClientEngine", "MartletEngine", "MartletEvents", "MartletShared",
                "MartletTestSupport", nioConcurrency, nioCore, nioPosix,
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "MartletToolTests", dependencies: ["martlet-tool"], swiftSettings: settings),
        .testTarget(
            name: "MartletWebSocketTests",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletTestSupport", "MartletWebSocket", "WebSocketWire", httpTypes,
                nioCore, nioEmbedded,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletPollingTests",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletPolling", "MartletTestSupport", httpTypes, nioCore,
                nioEmbedded,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletEventStreamTests",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletEventStream", "MartletTestSupport", httpTypes, nioCore,
                nioEmbedded,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletTests",
            dependencies: [
                "EngineIOWire", "Martlet", "MartletClient", "MartletEngine", "MartletEvents", "MartletForwarding",
                "MartletObservability", "MartletTLS", "MartletTestSupport", "MartletTesting", "WebSocketWire",
                httpTypes,
                inMemoryTracing, lifecycle, logging, metrics, nioConcurrency, nioCore, nioEmbedded, nioHPACK, nioHTTP1,
                nioHTTPTypes,
                nioHTTPTypesHTTP1, nioPosix, nioSSL, tracing,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletAdminTests",
            dependencies: [
                "Martlet", "MartletAdmin", "MartletEngine", "MartletEvents", "MartletMessagePack", "MartletTestSupport",
                "MartletTesting", httpTypes, nioConcurrency, nioCore, nioEmbedded,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletSharedTests",
            dependencies: ["MartletShared", "MartletTestSupport", nioCore],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletEventsTests",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletEvents", "MartletTestSupport", "MartletTesting",
                "SocketIOWire", httpTypes, logging, nioConcurrency, nioCore, nioEmbedded, nioPosix,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletMessagePackTests",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletEvents", "MartletMessagePack", "MartletTestSupport",
                "MartletTesting", "SocketIOWire", httpTypes, nioCore, nioEmbedded,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletRedisTests",
            dependencies: [
                "MartletEngine", "MartletEvents", "MartletMessagePack", "MartletRedis", "MartletTestSupport",
                "MartletTesting", httpTypes, logging, nioConcurrency, nioCore, nioEmbedded, nioPosix,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletNATSTests",
            dependencies: [
                "MartletEvents", "MartletNATS", "MartletTestSupport", "MartletTesting", nioConcurrency, nioCore,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletForwardingTests",
            dependencies: ["MartletForwarding", crypto, nioCore],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "Martlet", "MartletAdmin", "MartletClient", "MartletEvents", "MartletForwarding", "MartletMessagePack",
                "MartletNATS", "MartletObservability", "MartletRedis", "MartletTLS", "MartletTesting",
                "MartletTestSupport", httpTypes, logging, metrics, nioConcurrency, nioCore, nioSSL, lifecycle,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MartletTestingTests",
            dependencies: ["MartletEngine", "MartletEvents", "MartletTesting", httpTypes, nioCore],
            swiftSettings: settings
        ),
    ]
)
