// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Two handlers of one event would answer it with a value. The second one is not added: a client takes one answer.
package struct SecondAnswer: Error, CustomStringConvertible {
    package let description = "the event has a handler already that answers it; this one was not added"

    package init() {}
}
