// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Martlet
import MartletMessagePack
import MartletTesting
import Testing

/// The samples of Payloads.md, and what they say they do.
struct PayloadsSamples {
    struct Order: Codable, Sendable, Equatable {
        var madeAt: Date
        var price: Decimal
        var scan: Data
    }

    @Test func formsSayHowTypesAreWritten() async throws {
        var configuration = SocketIOConfiguration()
        configuration.coder = JSONArgumentCoder(
            forms: [
                .iso8601(epoch: Date(timeIntervalSince1970: 0)),  // "2026-11-29T14:38:12Z"
                .number(Decimal.self) { Decimal(string: $0) },  // a number, with all of its digits
            ]
        )
        let io = SocketIOServer(configuration: configuration)
        let order = Order(
            madeAt: Date(timeIntervalSince1970: 1_795_963_092), price: Decimal(string: "12.10") ?? 0, scan: Data([1]))
        io.onConnection { socket in socket.emit("order", order) }
        let argument = try #require(try await io.testClient().next("order").arguments[0])
        let scan = #"{"_placeholder":true,"num":0}"#
        #expect(argument.description == #"{"madeAt":"2026-11-29T14:38:12Z","price":12.1,"scan":\#(scan)}"#)
        let coder = configuration.coder
        let read = try Self.decode(argument, coder)
        #expect(read == order)
    }

    private static func decode(_ argument: SocketArgument, _ coder: any ArgumentCoder) throws -> Order {
        let order = try argument.decode(as: Order.self, using: coder)
        return order
    }

    @Test func keysBinaryAndNumbersHaveOptions() throws {
        let coder = JSONArgumentCoder(
            keys: .snakeCase,  // firstName is written as first_name
            binary: .base64,  // strings instead of attachments
            nonFiniteNumbers: .strings(infinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        )
        struct Measurement: Codable {
            var firstName: Double
            var rawBytes: [UInt8]
        }
        let argument = try SocketArgument(encoding: Measurement(firstName: .infinity, rawBytes: [1]), using: coder)
        #expect(argument.description == #"{"first_name":"Infinity","raw_bytes":"AQ=="}"#)
    }

    @Test func aServerSpeaksMessagePack() {
        var configuration = SocketIOConfiguration()
        configuration.parser = .messagePack
        let io = SocketIOServer(configuration: configuration)
        #expect(io.configuration.coder is JSONArgumentCoder)
    }
}
