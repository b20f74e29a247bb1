// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import WebSocketWire

@Suite struct DeflatePoolTests {
    private func recipe(_ windowBits: Int) -> DeflateContext.Recipe {
        .init(windowBits: windowBits, level: 6, memLevel: 8)
    }

    @Test func givenBackContextsAreLentAgain() throws {
        let pool = DeflatePool()
        let (inflater, deflater) = (try pool.borrowInflater(), try pool.borrowDeflater(recipe(15)))
        #expect(pool.idleCount == 0)
        pool.giveBack(inflater)
        pool.giveBack(deflater)
        #expect(pool.idleCount == 2)
        #expect(try pool.borrowInflater() === inflater)
        #expect(try pool.borrowDeflater(recipe(15)) === deflater)
        #expect(pool.idleCount == 0)
    }

    @Test func deflatersAreLentByTheirRecipe() throws {
        let pool = DeflatePool()
        let nine = try pool.borrowDeflater(recipe(9))
        pool.giveBack(nine)
        #expect(try pool.borrowDeflater(recipe(15)) !== nine)
        #expect(try pool.borrowDeflater(recipe(9)) === nine)
    }

    @Test func capacityBoundsWhatIsKept() throws {
        let pool = DeflatePool(capacity: 2)
        let contexts = try (9...12).map { try pool.borrowDeflater(recipe($0)) }
        contexts.forEach(pool.giveBack)
        #expect(pool.idleCount == 2)
        #expect(try pool.borrowDeflater(recipe(12)) === contexts[3])
        let inflaters = try (0..<3).map { _ in try pool.borrowInflater() }
        inflaters.forEach(pool.giveBack)
        #expect(pool.idleCount == 3)
        pool.releaseIdle()
        #expect(pool.idleCount == 0)
    }

    @Test func contextsAreFreedWithTheirOwners() throws {
        weak var context: DeflateContext?
        do {
            let pool = DeflatePool()
            let borrowed = try pool.borrowDeflater(recipe(15))
            context = borrowed
            pool.giveBack(borrowed)
        }
        #expect(context == nil)
    }

    @Test func emptyPoolOfNoCapacityStillLends() throws {
        let pool = DeflatePool(capacity: 0)
        pool.giveBack(try pool.borrowDeflater(recipe(15)))
        pool.giveBack(try pool.borrowInflater())
        #expect(pool.idleCount == 0)
    }
}
