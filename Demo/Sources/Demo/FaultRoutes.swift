// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import FaultProxy
internal import Foundation
internal import Hummingbird

/// The routes by which the page asks for faults. The faults hold for the page's own visitor only.
enum FaultRoutes {
    static func add(to router: Router<BasicRequestContext>, for proxy: FaultProxy) {
        let faults = router.group("faults/:visitor")
        faults.get { _, context in
            let (faults, counters) = proxy.faults(of: try Self.visitor(context))
            return Report(faults: faults, counters: counters)
        }
        faults.put { request, context in
            let visitor = try Self.visitor(context)
            let body = try await request.body.collect(upTo: Limits.faultBytes)
            guard let faults = try? JSONDecoder().decode(Faults.self, from: Data(body.readableBytesView)),
                let faults = faults.sane
            else {
                throw HTTPError(.badRequest, message: "There are no such faults")
            }
            await proxy.set(faults, of: visitor)
            return Report(faults: faults)
        }
        faults.post("cut") { _, context in
            ["cut": await proxy.cut(try Self.visitor(context))]
        }
    }

    private static func visitor(_ context: BasicRequestContext) throws -> Visitor {
        guard let visitor = Visitor(try context.parameters.require("visitor")) else {
            throw HTTPError(.badRequest, message: "There is no such visitor")
        }
        return visitor
    }

    /// The faults as they were asked for, with the counters beside them.
    private struct Report: ResponseEncodable {
        let faults: Faults
        var counters: VisitorCounters?

        private enum CodingKeys: CodingKey {
            case counters
        }

        func encode(to encoder: any Encoder) throws {
            try self.faults.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(self.counters, forKey: .counters)
        }
    }
}
