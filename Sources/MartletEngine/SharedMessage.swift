// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A message that goes to many sessions of one event loop, encoded once for each form that a wire gives it.
///
/// Not `Sendable`: a broadcast makes one on each event loop it reaches, around the same payload.
package final class SharedMessage {
    /// A form that a message takes on a wire. Transports name theirs.
    package struct Form: Hashable {
        package let index: Int

        /// - Parameter index: a number below 32 that no other form has.
        package init(index: Int) { self.index = index }
    }

    /// The message as its sender gave it: a text without the packet type digit, or bytes.
    package let payload: ByteBuffer
    package let isBinary: Bool
    private var forms: [ByteBuffer?] = []
    // `@exclusivity(unchecked)`: see LoopContext.
    @exclusivity(unchecked) private var places: [Place?] = []

    package init(payload: ByteBuffer, isBinary: Bool) {
        self.payload = payload
        self.isBinary = isBinary
    }

    /// The message in one form, made by `encode` for the first who asks.
    package func encoded(as form: Form, _ encode: (_ message: SharedMessage) -> ByteBuffer) -> ByteBuffer {
        if form.index < self.forms.count, let made = self.forms[form.index] { return made }
        while self.forms.count <= form.index { self.forms.append(nil) }
        let made = encode(self)
        self.forms[form.index] = made
        return made
    }

    /// Where a transport has put one form of the message, if it keeps those of many messages in one piece of memory.
    package struct Place {
        /// Which memory it was: the place means nothing once that is used for others.
        package let generation: Int
        package let range: Range<Int>

        package init(generation: Int, range: Range<Int>) {
            self.generation = generation
            self.range = range
        }
    }

    package func place(of form: Form) -> Place? {
        form.index < self.places.count ? self.places[form.index] : nil
    }

    package func setPlace(_ place: Place, of form: Form) {
        while self.places.count <= form.index { self.places.append(nil) }
        self.places[form.index] = place
    }
}
