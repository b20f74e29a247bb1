// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletEvents
import MartletTesting
import NIOCore
import Testing

struct ServerCoderTests {
    @Test func aServerUsesTheFormsOfItsCoder() async throws {
        let epoch = Date(timeIntervalSince1970: 0)
        var configuration = SocketIOConfiguration()
        configuration.coder = JSONArgumentCoder(
            forms: [.iso8601(epoch: epoch), .number(Decimal.self) { Decimal(string: $0) }], keys: .snakeCase)
        let io = SocketIOServer(configuration: configuration)
        struct Order: Codable, Sendable {
            var orderedAt: Date
            var totalPrice: Decimal
            var scan: Data
        }
        io.on("order") { (_: Socket, order: Order) -> Order in
            Order(orderedAt: order.orderedAt + 1, totalPrice: order.totalPrice * 2, scan: order.scan + [1])
        }
        let client = try await io.testClient()
        let sent = try SocketArgument(
            encoding: Order(orderedAt: epoch, totalPrice: Decimal(string: "1.05") ?? 0, scan: Data([0])),
            using: configuration.coder)
        let answer = try await client.emitWithAck("order", sent)
        #expect(
            answer.description
                == #"{"ordered_at":"1970-01-01T00:00:01Z","total_price":2.1,"scan":{"_placeholder":true,"num":0}}"#)
        #expect(answer.attachments == [ByteBuffer(bytes: [0, 1])])
    }

    @Test func theAuthenticationDataHasTheCoderOfItsServer() async throws {
        struct Credentials: Codable, Sendable {
            var validUntil: Date
        }
        var configuration = SocketIOConfiguration()
        configuration.coder = JSONArgumentCoder(
            forms: [.iso8601(epoch: Date(timeIntervalSince1970: 0))], keys: .snakeCase)
        let io = SocketIOServer(configuration: configuration)
        let guarded = io.of("/guarded")
        guarded.use { socket in
            let credentials = try socket.handshake.auth.decode(as: Credentials.self)
            guard credentials.validUntil > Date(timeIntervalSince1970: 0) else {
                throw ConnectionRefused(message: "late")
            }
        }
        guarded.on("later") { (socket: Socket) -> Double in
            try socket.handshake.auth.decode(as: Credentials.self).validUntil.timeIntervalSince1970
        }
        let client = try await io.testClient()
        let auth = ["valid_until": "1970-01-01T00:00:09Z"]
        try await client.join("/guarded", auth: auth)
        #expect(try await client.emitWithAck("later", namespace: "/guarded").description == "9")
        await #expect(throws: TestClientError.self) {
            try await client.join("/guarded", auth: ["valid_until": "1970-01-01T00:00:00Z"])
        }
    }
}
