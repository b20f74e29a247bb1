// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import FuzzSupport
import WebSocketWire

/// Reads the head of an HTTP request as far as a handshake goes: lines, of which those with a colon are headers.
func request(_ head: String) -> WebSocketUpgradeRequest {
    let lines = head.split(separator: "\n", omittingEmptySubsequences: false)
    let method = lines[0].prefix { $0 != " " }
    var headers: [String: [String]] = [:]
    for line in lines.dropFirst() {
        guard let colon = line.firstIndex(of: ":") else { continue }
        headers[line[..<colon].lowercased(), default: []].append(String(line[line.index(after: colon)...]))
    }
    func values(_ name: String) -> [String] { headers[name] ?? [] }
    return WebSocketUpgradeRequest(
        method: String(method), connection: values("connection"), upgrade: values("upgrade"),
        version: values("sec-websocket-version"), key: values("sec-websocket-key"),
        protocols: values("sec-websocket-protocol"), extensions: values("sec-websocket-extensions"))
}

func checkAcceptance(
    _ acceptance: WebSocketHandshake.Acceptance, of request: WebSocketUpgradeRequest,
    _ configuration: PerMessageDeflateConfiguration
) {
    check(request.method == "GET" && request.version.count == 1 && request.key.count == 1, "accepted a bad request")
    let key = request.key[0].trimmingCharacters(in: CharacterSet(charactersIn: " \t"))
    check(Data(base64Encoded: key)?.count == 16, "accepted the key \(key)")
    check(Data(base64Encoded: acceptance.acceptKey)?.count == 20, "answered \(acceptance.acceptKey)")
    if let chosen = acceptance.subprotocol {
        check(request.protocols.contains { $0.contains(chosen) }, "chose \(chosen), which was not offered")
    }
    guard let deflate = acceptance.deflate, let header = acceptance.extensions else { return }
    let serverWindowBits = deflate.serverMaxWindowBits ?? 15
    check((9...configuration.serverMaxWindowBits).contains(serverWindowBits), "the server's window: \(deflate)")
    check((8...configuration.clientMaxWindowBits).contains(deflate.clientMaxWindowBits), "the client's: \(deflate)")
    check(deflate.serverNoContextTakeover || !configuration.serverNoContextTakeover, "took context over")
    let read = WebSocketExtension.parse([header]).flatMap(PerMessageDeflateParameters.init(answer:))
    check(read == deflate, "a client reads \(header) as \(String(describing: read))")
}

/// Elements that were read, written and read again are the same.
func checkExtensions(_ lines: [String]) {
    guard let extensions = WebSocketExtension.parse(lines) else { return }
    let written = extensions.map { element in
        element.parameters.reduce(element.name) { $0 + "; \($1.name)" + ($1.value.map { "=\"\($0)\"" } ?? "") }
    }
    check(WebSocketExtension.parse([written.joined(separator: ", ")]) == extensions, "\(written) is not \(extensions)")
    check(WebSocketExtension.parse(written) == extensions, "\(written) in lines is not \(extensions)")
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let request = request(String(decoding: FuzzInput(start, count).bytes, as: UTF8.self))
    let configurations = [
        PerMessageDeflateConfiguration(),
        PerMessageDeflateConfiguration(
            serverNoContextTakeover: false, clientNoContextTakeover: false, serverMaxWindowBits: 10,
            clientMaxWindowBits: 8),
    ]
    let withoutDeflate = WebSocketHandshake.answer(request, supportedProtocols: ["chat", "soap"])
    for configuration in configurations {
        let answer = WebSocketHandshake.answer(request, supportedProtocols: ["chat", "soap"], deflate: configuration)
        switch answer {
        case .accepted(var acceptance):
            checkAcceptance(acceptance, of: request, configuration)
            acceptance.deflate = nil
            check(withoutDeflate == .accepted(acceptance), "compression decides more than itself")
        case .refused(let refusal):
            check([400, 405, 426].contains(refusal.status), "refused with \(refusal.status)")
            check(withoutDeflate == answer, "compression decides more than itself")
        }
    }
    checkExtensions(request.extensions)
    return 0
}
