// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import MartletEngine
import NIOCore
import Testing

@testable import Martlet

struct ByteBufferAnswerTests {
    private func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        write(&buffer)
        return String(buffer: buffer)
    }

    @Test func anAnswerIsWrittenAsAWhole() {
        let text = self.text { $0.writeAnswer(.ok, HTTPFields(), date: "D", closes: false, .whole(omitsBody: false)) }
        let type = "Content-Type: text/html\r\nX-Content-Type-Options: nosniff\r\n"
        let length = "Cache-Control: no-store\r\nContent-Length: 2\r\n\r\n"
        #expect(text == "HTTP/1.1 200 OK\r\nDate: D\r\n\(type)\(length)ok")
    }

    @Test func aHeadTellsTheLengthOfTheBodyThatIsLeftOut() {
        var answer = HTTPAnswer(status: .notFound, contentType: nil, body: ByteBuffer(repeating: 0, count: 1234))
        answer.cacheControl = nil
        answer.forbidsSniffing = false
        answer.otherFields = [.eTag: "\"1\""]
        let text = self.text {
            $0.writeAnswer(answer, [.vary: "Origin"], date: "D", closes: true, .whole(omitsBody: true))
        }
        #expect(
            text
                == "HTTP/1.1 404 Not Found\r\nDate: D\r\nETag: \"1\"\r\nVary: Origin\r\nConnection: close\r\nContent-Length: 1234\r\n\r\n"
        )
    }

    @Test(arguments: [HTTPResponse.Status.noContent, .notModified])
    func whereThereCanBeNoBodyThereIsNoLength(status: HTTPResponse.Status) {
        let answer = HTTPAnswer(status: status, contentType: nil)
        let text = self.text {
            $0.writeAnswer(answer, HTTPFields(), date: "D", closes: false, .whole(omitsBody: false))
        }
        #expect(text.hasSuffix("\r\nCache-Control: no-store\r\n\r\n"))
    }

    @Test func aStreamConsistsOfChunks() {
        let answer = HTTPAnswer(status: .ok, contentType: "a/b")
        let head = self.text { $0.writeAnswer(answer, HTTPFields(), date: "D", closes: false, .chunked) }
        #expect(head.hasSuffix("\r\nTransfer-Encoding: chunked\r\n\r\n"))
        #expect(self.text { $0.writeChunk(ByteBuffer(string: "abc")) } == "3\r\nabc\r\n")
        let long = String(repeating: "x", count: 0xabc0)
        #expect(self.text { $0.writeChunk(ByteBuffer(string: long)) } == "abc0\r\n\(long)\r\n")
        #expect(self.text { $0.writeChunk(ByteBuffer()) }.isEmpty)
        #expect(self.text { $0.writeLastChunk() } == "0\r\n\r\n")
    }

    @Test func aStreamForWhoKnowsNoChunksEndsWithItsConnection() {
        let answer = HTTPAnswer(status: .ok, contentType: "a/b")
        let head = self.text { $0.writeAnswer(answer, HTTPFields(), date: "D", closes: true, .untilClose) }
        #expect(head.hasSuffix("\r\nConnection: close\r\n\r\n"))
        #expect(!head.contains("Transfer-Encoding") && !head.contains("Content-Length"))
    }

    @Test func longFieldsHaveRoom() {
        let value = String(repeating: "v", count: 10_000)
        let answer = HTTPAnswer(status: .ok, contentType: value)
        let text = self.text {
            $0.writeAnswer(answer, [.vary: value], date: "D", closes: true, .whole(omitsBody: false))
        }
        #expect(text.contains("Content-Type: \(value)\r\n") && text.contains("Vary: \(value)\r\n"))
        let fields: HTTPFields = [.vary: value, .server: value]
        #expect(self.text { $0.writeHead { $0.putFields(fields) } } == "Vary: \(value)\r\nServer: \(value)\r\n")
    }
}
