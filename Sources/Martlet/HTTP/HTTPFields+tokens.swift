// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes

extension HTTPFields {
    /// Whether a field that is a list has this element, in upper or lower case (RFC 9110, 5.6.1).
    func hasToken(_ token: String, in name: HTTPField.Name) -> Bool {
        self[values: name].contains { value in
            value.split(separator: ",").contains { element in
                let trimmed = element.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
                return trimmed.lowercased() == token
            }
        }
    }
}
