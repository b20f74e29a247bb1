// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import MartletEvents
internal import NIOCore

/// A socket as the answer to ``NodeRequest/Body/fetch(_:)`` describes it: `{id, handshake, rooms, data}`.
extension SocketDescription {
    var nodeSocket: ArgumentValue {
        let handshake = self.handshake
        let seconds = Double(handshake.issued) / 1000
        var headers: [String: String] = [:]
        for field in handshake.headers {
            headers[field.name.canonicalName, default: ""] +=
                (headers[field.name.canonicalName] == nil ? "" : ", ") + field.value
        }
        headers["host"] = handshake.request.head.authority
        return .make([
            "id": .string(self.id),
            "handshake": .make([
                "headers": .make(headers),
                "time": ISO8601.text(seconds: seconds, withMilliseconds: true).map { .string($0) },
                "address": handshake.address?.ipAddress.map { .string($0) },
                "xdomain": .bool(handshake.xdomain),
                "secure": .bool(handshake.secure),
                "issued": .integer(Int64(handshake.issued)),
                "url": .string(handshake.url),
                "query": .make(handshake.query),
                "auth": handshake.auth.value,
            ]),
            "rooms": .make(self.rooms.sorted()),
            "data": .object(self.data.map { .init(name: $0, value: $1.value) }),
        ])
    }

    /// - Returns: nil for what has no id. Whatever else is missing, or is not as it should be, is left out.
    init?(nodeSocket socket: ArgumentValue) {
        guard let id = socket["id"]?.text else { return nil }
        let handshake = socket["handshake"]
        let isSecure = handshake?["secure"]?.bool ?? false
        var head = HTTPRequest(
            method: .get,
            scheme: isSecure ? "https" : "http",
            authority: handshake?["headers"]?["host"]?.text,
            path: handshake?["url"]?.text ?? "/"
        )
        for header in handshake?["headers"]?.members ?? [] where header.name != "host" {
            guard let name = HTTPField.Name(header.name) else { continue }
            for value in header.value.texts ?? [] { head.headerFields.append(HTTPField(name: name, value: value)) }
        }
        // JavaScript's times do not go further.
        let issued = min(max(handshake?["issued"]?.integer ?? 0, 0), 8_640_000_000_000_000)
        self.init(
            id: id,
            rooms: Set(socket["rooms"]?.texts ?? []),
            data: Dictionary(
                (socket["data"]?.members ?? []).compactMap { member in
                    (try? SocketArgument(member.value)).map { (member.name, $0) }
                },
                uniquingKeysWith: { _, last in last }
            ),
            auth: handshake?["auth"].flatMap { try? SocketArgument($0) } ?? .emptyObject,
            head: head,
            address: handshake?["address"]?.text,
            isSecure: isSecure,
            joinedAt: .milliseconds(issued)
        )
    }
}

extension ArgumentValue {
    fileprivate static func make(_ strings: [String: String]) -> ArgumentValue {
        .object(strings.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: .string($0.value)) })
    }
}
