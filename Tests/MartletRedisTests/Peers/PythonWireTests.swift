// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import NIOCore
import Testing

@testable import MartletRedis

/// The messages of python-socketio.
struct PythonWireTests {
    private func read(_ json: String) throws -> PythonMessage? { try PythonMessage(reading: ByteBuffer(string: json)) }

    private func emit(_ name: String) throws -> PeerEvent? {
        let vectors = try PeerVectors.read("redis-python.json")
        guard case .emit(let event, _, _, _) = try PythonMessage(reading: try vectors[name].bytes)?.body else {
            return nil
        }
        return event
    }

    /// What is written means what was read, and in this version's form it is the same JSON.
    @Test func messagesAreWrittenAsPythonWritesThem() throws {
        let vectors = try PeerVectors.read("redis-python.json")
        var count = 0
        for vector in vectors.messages where !vector.name.hasPrefix("pickle") {
            let message = try #require(try PythonMessage(reading: vector.bytes))
            // `None` is read as no argument, and 5.15.0 wrote arguments otherwise.
            if vector.name == "emit_none" || vector.name.hasPrefix("v5_15_0") { continue }
            let written = try ArgumentValue(json: try message.written())
            #expect(written == (try ArgumentValue(json: vector.bytes)), Comment(rawValue: vector.name))
            count += 1
        }
        #expect(count >= 25)
    }

    /// CVE-2025-61765 (python-socketio): whoever wrote to the broker ran code in the servers.
    @Test func picklesAreNotRead() throws {
        let vectors = try PeerVectors.read("redis-python.json")
        let pickles = vectors.messages.filter { $0.name.hasPrefix("pickle") }
        #expect(pickles.count == 2)
        for pickle in pickles {
            #expect { try PythonMessage(reading: pickle.bytes) } throws: { "\($0)".contains("pickle") }
        }
    }

    @Test func argumentsAreReadInAllForms() throws {
        let bytes = ArgumentValue.binary(ByteBuffer(bytes: [0, 1, 254, 255]))
        #expect(try self.emit("emit_none")?.arguments == [])
        #expect(try self.emit("emit_empty_tuple")?.arguments == [])
        #expect(try self.emit("emit_list_is_one_arg")?.arguments == [.array([.integer(1), .integer(2)])])
        #expect(
            try self.emit("emit_tuple_is_many_args")?.arguments
                == [.integer(1), .string("two"), .object([.init(name: "k", value: .null)])])
        #expect(try self.emit("emit_all_unicode")?.arguments == [.string("hé😀")])
        #expect(try self.emit("emit_binary")?.arguments == [bytes])
        #expect(try self.emit("emit_binary_tuple")?.arguments == [.integer(1), bytes, .string("z")])
        #expect(try self.emit("v5_15_0_emit_binary")?.arguments == [bytes])
        #expect(try self.emit("v5_15_0_emit_dict")?.arguments == [.object([.init(name: "a", value: .integer(1))])])
        #expect(try self.emit("v5_15_0_emit_str")?.arguments == [.string("x")])
        #expect(try self.emit("v5_15_0_emit_list")?.arguments == [.integer(1), .integer(2)])
    }

    @Test func whatIsNoMessageIsRefused() throws {
        for wrong in [
            "", "1", "[]", "{}", #"{"method":"emit"}"#, #"{"method":"emit","event":"e","binary":true,"data":[]}"#,
            #"{"method":"emit","event":"e","binary":true,"data":[[{"_placeholder":true,"num":1}],"AA=="]}"#,
            #"{"method":"emit","event":"e","binary":true,"data":[[1],"?"]}"#,
            #"{"method":"emit","event":"e","room":[{}]}"#,
            #"{"method":"disconnect"}"#, #"{"method":"emit","event":"e","data":[NaN]}"#,
        ] {
            #expect(throws: (any Error).self, Comment(rawValue: wrong)) { try self.read(wrong) }
        }
        #expect(try self.read(#"{"method":"invented"}"#) == nil)
    }
}
