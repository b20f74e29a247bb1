// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Thrown when a received argument cannot be decoded as the type that the handler takes. The sender gets the description
/// in the acknowledgement.
public struct InvalidArgument: Error, CustomStringConvertible {
    /// The index of the argument in the event, from 0.
    public let index: Int
    /// The error that the coder threw; usually a `DecodingError`.
    public let underlying: any Error

    package init(index: Int, underlying: any Error) {
        self.index = index
        self.underlying = underlying
    }

    public var description: String {
        switch self.underlying as? DecodingError {
        case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?, .keyNotFound(_, let context)?,
            .dataCorrupted(let context)?:
            let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
            let place = ([String(self.index)] + path).joined(separator: ".")
            return "argument \(place): \(context.debugDescription)"
        default:
            return "argument \(self.index): \(self.underlying)"
        }
    }
}
