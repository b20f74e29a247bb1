// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension MessagePackFragment {
    /// Writes a value of any type. Every generic `encode` ends here, because standard library types encode their
    /// elements through it. Types that need no encoder are recognized by identity, which takes a few comparisons of
    /// addresses.
    /// - Parameter step: makes the value's step of the coding path, if it has one; called only when needed.
    func write<T: Encodable>(value: T, step: () -> MessagePackStep?) throws {
        if T.self == String.self { return self.write(string: self.cast(value)) }
        if T.self == Int.self { return self.write(integer: self.cast(value) as Int) }
        if T.self == Double.self { return self.write(float: self.cast(value) as Double) }
        if T.self == Bool.self { return self.write(bool: self.cast(value)) }
        if T.self == ByteBuffer.self { return self.write(binary: self.cast(value)) }
        if T.self == [UInt8].self { return self.write(binary: ByteBuffer(bytes: self.cast(value) as [UInt8])) }
        if T.self == [String].self {
            return self.write(elements: self.cast(value) as [String]) { self.write(string: $0) }
        }
        if T.self == [Int].self { return self.write(elements: self.cast(value) as [Int]) { self.write(integer: $0) } }
        if T.self == [Double].self {
            return self.write(elements: self.cast(value) as [Double]) { self.write(float: $0) }
        }
        try self.writeEncoding(value, step: step)
    }

    func writeNil() { self.write { MessagePackOutput.writeNil(to: $0) } }
    func write(bool: Bool) { self.write { MessagePackOutput.write(bool: bool, to: $0) } }
    func write(float: Double) { self.write { MessagePackOutput.write(float: float, to: $0) } }
    func write(float: Float) { self.write { MessagePackOutput.write(float: float, to: $0) } }

    func write<Integer: FixedWidthInteger>(integer: Integer) {
        self.write { MessagePackOutput.write(integer: integer, to: $0) }
    }

    private func write<Element>(elements: [Element], _ body: (Element) -> Void) {
        self.write { MessagePackOutput.writeHead(ofArray: elements.count, to: $0) }
        for element in elements { body(element) }
    }

    /// Lets the value encode itself.
    private func writeEncoding<T: Encodable>(_ value: T, step: () -> MessagePackStep?) throws {
        let outer = self.state.level
        let depth = self.state.steps.count
        if let step = step() { self.state.steps.append(step) }
        self.state.level = self.nextLevel()
        try value.encode(to: MessagePackValueEncoder(fragment: self, serial: self.state.level.serial))
        self.state.isEmptyValue = self.state.level.kind == .none
        self.close()
        self.state.level = outer
        if self.state.steps.count > depth { self.state.steps.removeLast() }
    }

    /// Returns the value as `To`, which must be its actual type.
    @inline(__always)
    private func cast<From, To>(_ value: From) -> To {
        unsafeBitCast(value, to: To.self)
    }
}
