// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why bytes are refused as a MessagePack value.
enum MessagePackFault: Error, Equatable {
    /// A value is cut short, or begins with `c1`; or bytes follow the value.
    case malformed
    /// A string is not UTF-8, a key is no string, or a timestamp does not have one of its three forms. Such values are
    /// refused although they can be read here: passed on to other clients, they would end those clients' connections.
    case invalid
    /// Arrays and maps are nested deeper than the limit.
    case tooDeep
}

extension MessagePackFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .malformed: "The bytes are not one MessagePack value."
        case .invalid: "A string, key or timestamp is not valid."
        case .tooDeep: "Too many levels are nested."
        }
    }
}
