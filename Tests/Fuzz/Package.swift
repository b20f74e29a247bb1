// swift-tools-version: 6.2
// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// A package of its own: fuzzers have no main function, and every module they use has to be built to count what it
// covers. The modules under test are the ones in Sources, through the link `Martlet`; one package takes them all,
// so that the targets reach what has `package` access.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .define("Compression"),
]

let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let atomics = Target.Dependency.product(name: "Atomics", package: "swift-atomics")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

func wire(_ name: String, needs: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: needs + [nioCore], path: "Martlet/\(name)", swiftSettings: settings)
}

func fuzzer(_ name: String, of modules: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: modules + ["FuzzSupport", nioCore], path: "Targets/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v14)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-atomics", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CMartletZlib", path: "Martlet/CMartletZlib", pkgConfig: "zlib"),
        wire("WebSocketWire", needs: ["CMartletZlib"]),
        wire("EngineIOWire"),
        .target(name: "JSONGrammar", path: "Martlet/JSONGrammar", swiftSettings: settings),
        wire("SocketIOWire", needs: ["JSONGrammar"]),
        .systemLibrary(name: "CMartletPrefetch", path: "Martlet/CMartletPrefetch"),
        wire(
            "MartletEngine",
            needs: ["CMartletPrefetch", "EngineIOWire", atomics, deque, heap, httpTypes, logging, nioConcurrency]),
        wire(
            "MartletShared",
            needs: ["EngineIOWire", "JSONGrammar", "SocketIOWire", atomics, deque, nioConcurrency]),
        wire(
            "MartletEvents",
            needs: [
                "EngineIOWire", "MartletEngine", "MartletShared", "SocketIOWire", atomics, deque, heap, httpTypes,
                logging,
                nioConcurrency,
            ]),
        wire("MartletWebSocket", needs: ["EngineIOWire", "MartletEngine", "WebSocketWire"]),
        wire("MartletEventStream", needs: ["EngineIOWire", "MartletEngine", httpTypes]),
        wire("MartletPolling", needs: ["EngineIOWire", "MartletEngine", httpTypes]),
        wire(
            "Martlet",
            needs: [
                "EngineIOWire", "MartletEngine", "MartletEventStream", "MartletEvents", "MartletPolling",
                "MartletWebSocket", "WebSocketWire", deque, httpTypes, lifecycle, logging, nioConcurrency, nioHTTP1,
                nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix,
            ]),
        wire("MartletMessagePack", needs: ["MartletEngine", "MartletEvents", "MartletShared", "SocketIOWire"]),
        .target(
            name: "MartletTesting",
            dependencies: [
                "EngineIOWire", "MartletEngine", "MartletEvents", "SocketIOWire", deque, httpTypes, nioConcurrency,
                nioCore,
                nioEmbedded,
            ],
            path: "Martlet/MartletTesting", swiftSettings: settings),
        // The messages of other kinds of servers need nothing of Redis.
        .target(
            name: "PeerMessages", dependencies: ["EngineIOWire", "MartletEvents", "MartletMessagePack", nioCore],
            path: "Martlet/MartletRedis",
            sources: [
                "NodeAdapter/NodeBroadcast.swift", "NodeAdapter/NodePacket.swift", "NodeAdapter/NodeRequest.swift",
                "NodeAdapter/NodeResponse.swift", "Peers/ForeignValue.swift", "Python/PythonMessage.swift",
            ],
            swiftSettings: settings),
        // What answers are made of needs nothing of TLS.
        .target(
            name: "ClientAnswerWire", dependencies: ["MartletEngine", nioCore], path: "Martlet/MartletClientEngine",
            sources: [
                "ClientError.swift", "ClientError+answers.swift", "ServerAddress.swift", "Transports/CookieJar.swift",
                "Transports/EventStreamParser.swift", "Transports/HTTPAnswerHead.swift",
            ],
            swiftSettings: settings),
        .target(
            name: "RESPWire", dependencies: [nioCore], path: "Martlet/MartletRedis/Wire", swiftSettings: settings),
        .target(name: "FuzzSupport", dependencies: [nioCore], path: "Support", swiftSettings: settings),
        .target(
            name: "FuzzClients",
            dependencies: [
                "EngineIOWire", "FuzzSupport", "MartletEngine", "MartletEvents", httpTypes, nioConcurrency, nioCore,
            ],
            path: "Clients", swiftSettings: settings),
        fuzzer("WebSocketFrames", of: ["WebSocketWire"]),
        fuzzer("Inflate", of: ["WebSocketWire"]),
        fuzzer("Handshake", of: ["WebSocketWire"]),
        fuzzer("EnginePacket", of: ["EngineIOWire"]),
        fuzzer("EnginePayload", of: ["EngineIOWire"]),
        fuzzer("EngineQuery", of: ["EngineIOWire"]),
        fuzzer("SocketPacket", of: ["SocketIOWire"]),
        fuzzer("ClientAnswers", of: ["ClientAnswerWire"]),
        fuzzer("MessagePack", of: ["MartletMessagePack"]),
        fuzzer("RESP", of: ["RESPWire"]),
        fuzzer("RedisPeers", of: ["PeerMessages"]),
        fuzzer("JSONText", of: ["MartletEvents", "SocketIOWire"]),
        fuzzer(
            "ClusterMessages",
            of: [
                "FuzzClients", "EngineIOWire", "MartletEngine", "MartletEvents", "MartletTesting", httpTypes, logging,
                nioConcurrency, nioPosix,
            ]),
        fuzzer("HTTPConnections", of: ["Martlet", "MartletEngine", "MartletEvents", logging, nioEmbedded]),
        fuzzer(
            "RoomPrograms", of: ["FuzzClients", "MartletEngine", "MartletEvents", logging, nioConcurrency, nioPosix]),
    ]
)
