// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import NIOCore

/// The value of `Martlet-Forwarded`, by which a node vouches for a request that it sends on to another: who the client
/// is, and that a node of the cluster says so.
///
/// ```
/// 1;<node>;<address>;<port>;<1 if encrypted>;<Unix time>;<number>;<HMAC-SHA256 of all that and of the request>
/// ```
struct ForwardedField {
    /// The id of the node that forwards.
    var node: String
    /// Where the client's connection comes from; `nil` when it has no internet address.
    var address: SocketAddress?
    var isSecure: Bool
    /// In seconds.
    var time: Int
    /// Numbers the requests that the node forwards.
    var number: UInt64

    private static let version = "1"

    /// What the field stands for: nobody can take it for another request, or for another node.
    struct Request {
        var method: String
        var target: String
        /// The id of the node that the request is forwarded to.
        var receiver: String
    }

    func signed(for request: Request, by key: SymmetricKey) -> String {
        let text = self.text
        let code = HMAC<SHA256>.authenticationCode(for: Self.message(text, request), using: key)
        return text + ";" + Self.hex(code)
    }

    private var text: String {
        let host = self.address?.ipAddress ?? ""
        let port = self.address?.port ?? 0
        return "\(Self.version);\(self.node);\(host);\(port);\(self.isSecure ? 1 : 0);\(self.time);\(self.number)"
    }

    /// No part can contain a line feed: HTTP's parser lets none in.
    private static func message(_ text: String, _ request: Request) -> [UInt8] {
        Array("\(text)\n\(request.method)\n\(request.target)\n\(request.receiver)".utf8)
    }

    init(node: String, address: SocketAddress?, isSecure: Bool, time: Int, number: UInt64) {
        self.node = node
        self.address = address
        self.isSecure = isSecure
        self.time = time
        self.number = number
    }

    /// Reads a field of another node; `nil` unless it is signed with the key.
    init?(_ value: String, of request: Request, signedBy key: SymmetricKey) {
        guard value.utf8.count <= Self.maxLength, let end = value.lastIndex(of: ";"),
            let code = Self.bytes(value[value.index(after: end)...]),
            HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: Self.message(String(value[..<end]), request), using: key)
        else { return nil }
        let parts = value[..<end].split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 7, parts[0] == Self.version, let port = Int(parts[3]), let time = Int(parts[5]),
            let number = UInt64(parts[6])
        else { return nil }
        self.init(
            node: String(parts[1]),
            address: try? SocketAddress(ipAddress: String(parts[2]), port: port),
            isSecure: parts[4] == "1",
            time: time,
            number: number
        )
    }

    private static let maxLength = 512

    private static func hex(_ code: HMAC<SHA256>.MAC) -> String {
        String(unsafeUninitializedCapacity: SHA256.byteCount * 2) { text in
            let digits = Array("0123456789abcdef".utf8)
            var count = 0
            for byte in code {
                text[count] = digits[Int(byte >> 4)]
                text[count + 1] = digits[Int(byte & 0xf)]
                count += 2
            }
            return count
        }
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue.map(UInt8.init) ?? 0xff }
        guard digits.count == SHA256.byteCount * 2, !digits.contains(0xff) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
