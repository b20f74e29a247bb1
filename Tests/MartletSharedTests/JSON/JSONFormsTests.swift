// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletShared
import MartletTestSupport
import NIOCore
import Testing

/// Each form beside the strategy of Foundation's coders that it is named after.
struct JSONFormsTests {
    private static let epoch = Date(timeIntervalSince1970: 0)

    private func encode(_ value: some Encodable, _ coder: JSONArgumentCoder) throws -> (String, [ByteBuffer]) {
        var json = ByteBuffer()
        var attachments: [ByteBuffer] = []
        try coder.encode(value, into: &json, attachments: &attachments)
        return (String(buffer: json), attachments)
    }

    private func text(_ value: some Encodable, _ coder: JSONArgumentCoder) throws -> String {
        let (json, attachments) = try self.encode(value, coder)
        #expect(attachments.isEmpty)
        return json
    }

    private func decode<T: Decodable>(
        _ type: T.Type = T.self, _ json: String, _ coder: JSONArgumentCoder, _ attachments: [ByteBuffer] = []
    ) throws -> T {
        try coder.decode(T.self, from: ByteBuffer(string: json), attachments: attachments)
    }

    private func failure(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing thrown"
        } catch DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context) {
            return context.debugDescription
        } catch EncodingError.invalidValue(_, let context) {
            return "\(context.codingPath.map(\.stringValue)): \(context.debugDescription)"
        } catch {
            return "\(error)"
        }
    }

    private struct Stamped: Codable, Equatable {
        var at: Date
        var until: Date?
        var all: [Date]
        var named: [String: Date]

        init(_ date: Date) {
            self.at = date
            self.until = date
            self.all = [date, date]
            self.named = ["x": date]
        }
    }

    // MARK: Dates

    private static let dates: [Date] = {
        var generator = SeededGenerator(seed: 1)
        // From 1900 to 2100.
        let random = (0..<500).map { _ in
            Date(timeIntervalSince1970: .random(in: -2_208_988_800...4_102_444_800, using: &generator))
        }
        let days = ["2000-02-29", "1999-12-31", "1900-03-01", "2026-11-29", "1970-01-01", "2100-02-28"]
        let named = days.compactMap { try? Date("\($0)T23:59:59Z", strategy: .iso8601) }
        return random + named + [epoch, epoch - 0.25, epoch + 0.999_999, Date(timeIntervalSinceReferenceDate: 0.5)]
    }()

    @Test(arguments: [
        (JSONArgumentCoder.Form.secondsSince1970(epoch: epoch), JSONEncoder.DateEncodingStrategy.secondsSince1970),
        (.millisecondsSince1970(epoch: epoch), .millisecondsSince1970), (.iso8601(epoch: epoch), .iso8601),
    ])
    func datesAreWrittenAsFoundationDoes(
        form: JSONArgumentCoder.Form, strategy: JSONEncoder.DateEncodingStrategy
    ) throws {
        let coder = JSONArgumentCoder(forms: [form])
        let foundation = JSONEncoder()
        foundation.dateEncodingStrategy = strategy
        for date in Self.dates {
            #expect(try self.text(date, coder) == String(decoding: foundation.encode(date), as: UTF8.self))
        }
    }

    @Test(arguments: [
        (JSONArgumentCoder.Form.secondsSince1970(epoch: epoch), JSONDecoder.DateDecodingStrategy.secondsSince1970),
        (.millisecondsSince1970(epoch: epoch), .millisecondsSince1970), (.iso8601(epoch: epoch), .iso8601),
    ])
    func datesAreReadAsFoundationDoes(
        form: JSONArgumentCoder.Form, strategy: JSONDecoder.DateDecodingStrategy
    ) throws {
        let coder = JSONArgumentCoder(forms: [form])
        let foundation = JSONDecoder()
        foundation.dateDecodingStrategy = strategy
        for date in Self.dates {
            let json = try self.text(Stamped(date), coder)
            let theirs = try foundation.decode(Stamped.self, from: Data(json.utf8))
            #expect(try self.decode(Stamped.self, json, coder) == theirs)
        }
    }

    @Test func datesKeepTheirMilliseconds() throws {
        let coder = JSONArgumentCoder(forms: [.iso8601(epoch: Self.epoch, fractionalSeconds: true)])
        for date in Self.dates {
            let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
            let rounded = Date(timeIntervalSince1970: milliseconds / 1000)
            let json = try self.text(date, coder)
            #expect(json.utf8.count == 26)
            let read = try self.decode(Date.self, json, coder)
            #expect(abs(read.timeIntervalSince(rounded)) < 0.000_001)
        }
        #expect(try self.text(Date(timeIntervalSince1970: -0.001), coder) == #""1969-12-31T23:59:59.999Z""#)
        #expect(try self.text(Date(timeIntervalSince1970: 1.9996), coder) == #""1970-01-01T00:00:02.000Z""#)
    }

    @Test func datesOfOtherWritersAreRead() throws {
        let coder = JSONArgumentCoder(forms: [.iso8601(epoch: Self.epoch)])
        for (text, seconds) in [
            ("1970-01-01T00:00:01Z", 1), ("1970-01-01t00:00:01.25z", 1.25), ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T22:30:00-0130", 0), ("1970-01-01T02:00:00+02", 0), ("1972-06-30T23:59:60Z", 78_796_800),
            ("0000-01-01T00:00:00Z", -62_167_219_200), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            #expect(try self.decode(Date.self, "\"\(text)\"", coder).timeIntervalSince1970 == seconds)
        }
        for text in [
            "", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z",
            "1970-02-29T00:00:00Z", "1970-01-00T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z",
            "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00+1", "1970-01-01T00:00:00Z ",
            "1970-01-01 00:00:00Z", "+970-01-01T00:00:00Z", "1970-01-01T00:00:00+24:00", "\u{0661}970-01-01T00:00:00Z",
        ] {
            #expect(
                self.failure { _ = try self.decode(Date.self, "\"\(text)\"", coder) }
                    == "The string is not an ISO 8601 date.")
        }
        #expect(
            self.failure { _ = try self.decode(Date.self, "1", coder) } == "Expected String but found number instead.")
        for seconds in [-1e12, -62_167_219_201, 253_402_300_800, .infinity, .nan] {
            let date = Date(timeIntervalSince1970: seconds)
            #expect(
                self.failure { _ = try self.text(["x": [date]], coder) }
                    == #"["x", "Index 0"]: The date is not within the years 0 to 9999."#)
        }
    }

    // MARK: Binary data

    private struct Blob: Codable, Equatable {
        var data: Data
        var bytes: [UInt8]
        var buffer: ByteBuffer
        var maybe: Data?

        init(_ count: Int) {
            self.bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            self.data = Data(self.bytes)
            self.buffer = ByteBuffer(bytes: self.bytes)
        }
    }

    @Test(arguments: [JSONArgumentCoder(), JSONArgumentCoder(keys: .snakeCase)])
    func dataTravelsAsOtherBinaryDoes(coder: JSONArgumentCoder) throws {
        let (json, attachments) = try self.encode(Blob(3), coder)
        #expect(attachments == [ByteBuffer](repeating: ByteBuffer(bytes: [0, 7, 14]), count: 3))
        #expect(json.hasPrefix(#"{"data":{"_placeholder":true,"num":0},"#))
        #expect(try self.decode(Blob.self, json, coder, attachments) == Blob(3))
        let (alone, data) = try self.encode([Data(), Data([1])], coder)
        #expect(alone == #"[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
        #expect(data == [ByteBuffer(), ByteBuffer(bytes: [1])])
        #expect(try self.decode([Data].self, alone, coder, data) == [Data(), Data([1])])
        #expect(try self.decode(ContiguousArray<UInt8>.self, #"{"_placeholder":true,"num":1}"#, coder, data) == [1])
        #expect(
            self.failure { _ = try self.decode(Data.self, #"{"_placeholder":true,"num":2}"#, coder, data) }
                == "There is no attachment 2.")
    }

    @Test func dataIsReadFromNumbersToo() throws {
        #expect(try self.decode(Data.self, "[1,2]", JSONArgumentCoder()) == Data([1, 2]))
    }

    /// Encodes its memory among other things.
    private struct Mixed: Encodable {
        let before: Int?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            if let before { try container.encode(before) }
            try [1, 2].withUnsafeBytes { bytes in
                try container.encode(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<1]))
            }
            if before == nil { try container.encode(3) }
        }
    }

    @Test func onlyMemoryAloneIsBinary() throws {
        #expect(try self.text(Mixed(before: 0), JSONArgumentCoder()) == "[0,1]")
        #expect(throws: EncodingError.self) { try self.text(Mixed(before: nil), JSONArgumentCoder()) }
    }

    @Test(arguments: 0..<20) func binaryIsBase64AsInFoundation(count: Int) throws {
        let coder = JSONArgumentCoder(binary: .base64)
        let blob = Blob(count)
        let foundation = String(decoding: try JSONEncoder().encode(blob.data), as: UTF8.self)
        let text = foundation.replacing("\\/", with: "/")
        #expect(try self.text(blob.data, coder) == text)
        #expect(try self.text(blob.bytes, coder) == text)
        #expect(try self.text(blob.buffer, coder) == text)
        #expect(try self.decode(Blob.self, self.text(blob, coder), coder) == blob)
        // Attachments are read all the same, and numbers as bytes.
        let (json, attachments) = try self.encode(blob, JSONArgumentCoder())
        #expect(try self.decode(Blob.self, json, coder, attachments) == blob)
        #expect(try self.decode([UInt8].self, "[1,2]", coder) == [1, 2])
        for wrong in [#""a""#, #""ab=c""#, #""%%%%""#] {
            #expect(self.failure { _ = try self.decode(Data.self, wrong, coder) } == "The string is not Base64.")
        }
        #expect(
            self.failure { _ = try self.decode(Data.self, "1", coder) }
                == "Expected an unkeyed container but found number instead.")
        #expect(
            self.failure { _ = try self.decode(ByteBuffer.self, #""AA==""#, JSONArgumentCoder()) }
                == "Expected binary but found string instead.")
    }

    // MARK: Decimals

    private static let decimal = JSONArgumentCoder.Form.number(Decimal.self) { Decimal(string: $0) }

    @Test(arguments: [
        "0", "1", "-1", "0.1", "3.14159265358979323846264338327950288419", "12345678901234567890123456789012345678",
        "-0.00000000000000000000000000000000000001", "123456789.123456789", "1000000000000000000000000000000",
    ])
    func decimalsKeepAllDigits(digits: String) throws {
        let coder = JSONArgumentCoder(forms: [Self.decimal])
        let decimal = try #require(Decimal(string: digits))
        #expect(try self.text(["x": decimal], coder) == "{\"x\":\(digits)}")
        #expect(try self.text(decimal, coder) == String(decoding: JSONEncoder().encode(decimal), as: UTF8.self))
        #expect(try self.decode([Decimal].self, "[\(digits)]", coder) == [decimal])
        let theirs = try JSONDecoder().decode(Decimal.self, from: Data(digits.utf8))
        #expect(try self.decode(Decimal.self, digits, coder) == theirs)
    }

    @Test func whatIsNoDecimalIsRefused() throws {
        let coder = JSONArgumentCoder(forms: [Self.decimal])
        #expect(try self.decode(Decimal.self, "25e-1", coder) == Decimal(string: "2.5"))
        #expect(self.failure { _ = try self.text(Decimal.nan, coder) } == "[]: NaN cannot be represented in JSON.")
        #expect(
            self.failure { _ = try self.decode(Decimal.self, "\"1\"", coder) }
                == "Expected a number but found string instead.")
        let none = JSONArgumentCoder(forms: [.number(Decimal.self) { _ in nil }])
        #expect(
            self.failure { _ = try self.decode(Decimal.self, "1", none) }
                == "The number is not representable as \(Decimal.self).")
    }

    // MARK: Numbers that are not finite

    @Test func stringsStandForNumbersThatAreNotFinite() throws {
        let coder = JSONArgumentCoder(
            nonFiniteNumbers: .strings(infinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN"))
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        struct Numbers: Codable, Equatable {
            var double: Double
            var float: Float
            var list: [Double]
            var floats: [Float]
            var maybe: Double?
            var named: [String: Double]

            init(_ number: Double) {
                self.double = number
                self.float = Float(number)
                self.list = [number, 1]
                self.floats = [Float(number)]
                self.maybe = number
                self.named = ["x": number]
            }
        }
        for number in [Double.infinity, -.infinity, 1.5] {
            #expect(try self.text(number, coder) == String(decoding: encoder.encode(number), as: UTF8.self))
            #expect(try self.decode(Numbers.self, self.text(Numbers(number), coder), coder) == Numbers(number))
        }
        #expect(try self.text([Float.nan], coder) == #"["NaN"]"#)
        #expect(try self.decode([Float].self, #"["NaN",1]"#, coder).first?.isNaN == true)
        #expect(try self.decode(Double.self, #""NaN""#, coder).isNaN)
        #expect(self.failure { _ = try self.decode(Double.self, #""nan""#, coder) }.contains("found string"))
        #expect(self.failure { _ = try self.decode(Int.self, #""NaN""#, coder) }.contains("found string"))
        let plain = JSONArgumentCoder()
        #expect(self.failure { _ = try self.decode(Double.self, #""NaN""#, plain) }.contains("found string"))
        #expect(self.failure { _ = try self.text(Double.nan, plain) }.contains("cannot be represented"))
    }

    // MARK: Keys

    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Keyed: Codable {
        var keys: [String]

        init(_ keys: [String]) { self.keys = keys }

        init(from decoder: any Decoder) throws {
            self.keys = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: AnyKey.self)
            for key in self.keys { try container.encode(1, forKey: AnyKey(stringValue: key)) }
        }
    }

    private static let keys: [String] = {
        var generator = SeededGenerator(seed: 2)
        let letters = ["a", "b", "A", "B", "C", "_", "1", "\u{e9}", "\u{c9}"]
        let random = (0..<1000).map { _ in
            let count = Int.random(in: 1..<9, using: &generator)
            return (0..<count).map { _ in letters.randomElement(using: &generator) ?? "" }.joined()
        }
        let named = [
            "myURLProperty", "oneTwoThree", "URL", "x", "_private", "trailing_", "already_snake", "image2Large",
        ]
        return random + named
    }()

    @Test func keysAreConvertedAsInFoundation() throws {
        let coder = JSONArgumentCoder(keys: .snakeCase)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        for key in Self.keys {
            let written = String(decoding: try encoder.encode(Keyed([key])), as: UTF8.self)
            #expect(try self.text(Keyed([key]), coder) == written)
            let json = "{\"\(key)\":1}"
            let read = try decoder.decode(Keyed.self, from: Data(json.utf8)).keys
            #expect(try self.decode(Keyed.self, json, coder).keys == read)
        }
    }

    @Test func keysOfDictionariesStayAsTheyAre() throws {
        struct Inner: Codable, Equatable { var theName: String }
        struct Outer: Codable, Equatable {
            var byName: [String: Inner] = ["aB_c": Inner(theName: "x")]
            var countsByName: [String: Int] = ["aB_c": 1]
            var list: [Inner] = [Inner(theName: "y")]
        }
        let coder = JSONArgumentCoder(keys: .snakeCase)
        let json = #"{"by_name":{"aB_c":{"the_name":"x"}},"counts_by_name":{"aB_c":1},"list":[{"the_name":"y"}]}"#
        #expect(try self.text(Outer(), coder) == json)
        #expect(try self.decode(Outer.self, json, coder) == Outer())
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(Outer.self, from: Data(json.utf8)) == Outer())
    }

    @Test func nestedContainersConvertTheirKeysToo() throws {
        struct Nested: Encodable {
            func encode(to encoder: any Encoder) throws {
                var outer = encoder.container(keyedBy: AnyKey.self)
                var inner = outer.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey(stringValue: "outerKey"))
                try inner.encode(["aB": 1], forKey: AnyKey(stringValue: "innerKey"))
            }
        }
        #expect(
            try self.text(Nested(), JSONArgumentCoder(keys: .snakeCase)) == #"{"outer_key":{"inner_key":{"aB":1}}}"#)
    }
}
