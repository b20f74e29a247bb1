// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Stops the fuzzer at the current input when what must hold does not.
package func check(
    _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line
) {
    if !condition { fatalError(message(), file: file, line: line) }
}

/// What `body` returns; its error stops the fuzzer, since it was not to throw.
package func must<Value>(
    _ message: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line, _ body: () throws -> Value
) -> Value {
    do { return try body() } catch { fatalError("\(message()): \(error)", file: file, line: line) }
}

package func isUTF8(_ bytes: some Sequence<UInt8>) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
}
