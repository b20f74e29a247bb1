// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

extension ClientError {
    /// The error that an HTTP answer with another status than the expected one is.
    /// - Parameters:
    ///   - body: its beginning.
    ///   - location: the field of that name.
    ///   - retryAfter: the field of that name.
    package static func answer(
        status: Int,
        body: String,
        location: String? = nil,
        retryAfter: String? = nil,
        path: String
    ) -> ClientError {
        // An answer of a proxy is no verdict on the session (Protocol.md, section 4): the body tells them apart.
        let detail = status == 400 || status == 403 ? self.code(in: body) : nil
        let later = retryAfter.map { ", and asks to come again after \($0)" } ?? ""
        let (code, text): (Code, String) =
            switch (status, detail) {
            case (400, 1):
                (.sessionUnknown, "the server does not know the session: it was kept too long, or is another's")
            case (_, .some): (.refused, "the server refuses the request: \(self.message(in: body) ?? body)")
            case (413, _): (.messageTooLarge, "a message is larger than the server takes")
            case (300...399, _):
                (.unexpectedAnswer, "the server redirects to \(location ?? "another place"): use that address")
            case (401, _), (403, _), (407, _):
                (.unexpectedAnswer, "the answer is \(status): something before the server wants credentials")
            case (404, _): (.unexpectedAnswer, "nothing is at \(path): is the server's path another one?")
            case (429, _): (.unexpectedAnswer, "there are too many requests from here\(later)")
            case (502...504, _):
                (.unexpectedAnswer, "a proxy answers \(status): the server behind it cannot be reached now\(later)")
            default: (.unexpectedAnswer, "the answer is \(status)\(later): is this a Socket.IO server?")
            }
        return ClientError(code, text, status: status, detail: detail)
    }

    /// The number of `{"code":1,…`.
    static func code(in body: String) -> Int? {
        let start = #"{"code":"#
        guard body.hasPrefix(start) else { return nil }
        let rest = body.dropFirst(start.count)
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard digits.count < 10, let next = rest.dropFirst(digits.count).first, next == "," || next == "}" else {
            return nil
        }
        return Int(digits)
    }

    private static func message(in body: String) -> String? {
        let start = #""message":""#
        guard let found = body.firstRange(of: start) else { return nil }
        let rest = body[found.upperBound...]
        return rest.firstIndex(of: "\"").map { String(rest[..<$0]) }
    }

    /// The same error, of this transport.
    func on(_ transport: TransportName) -> ClientError {
        var error = self
        error.transport = self.transport ?? transport
        return error
    }
}
