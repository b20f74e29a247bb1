// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletClientEngine
import MartletEngine
import NIOCore

extension Doctor {
    private enum Rest: Sendable {
        case undisturbed
        /// - Parameter quiet: how long nothing had come.
        case cut(quiet: Duration, ClientError?)
        case refused
    }

    /// Leaves connections alone, all at the same time. The server's pings are answered, so what is found is a limit that is
    /// shorter than the time between two pings.
    mutating func checkIdle(_ limit: TimeAmount, _ names: [TransportName]) async {
        let doctor = self
        let rests = await withTaskGroup(of: (TransportName, Rest).self) { group in
            for name in names { group.addTask { (name, await doctor.rest(name, limit)) } }
            var rests: [TransportName: Rest] = [:]
            for await (name, rest) in group { rests[name] = rest }
            return rests
        }
        let seconds = limit.nanoseconds / 1_000_000_000
        for name in names {
            switch rests[name] {
            case .undisturbed?:
                self.report.add(
                    .ok, "idle", "\(name): not cut within \(seconds) s, with no traffic but the server's pings.")
            case .cut(let quiet, let error)?:
                let why = error.map { " (\($0.message))" } ?? ""
                self.report.add(
                    .failed, "idle",
                    "\(name): cut after \(quiet.text) without traffic\(why). Let the server ping more often than that, or "
                        + "raise the limit of the proxy that cuts.")
            case .refused?:
                self.report.add(
                    .warning, "idle", "\(name): not tried: the server refuses the namespace. --auth may be missing.")
            case nil: break
            }
        }
    }

    /// A session in a namespace, since a server ends sessions that join none.
    private func rest(_ name: TransportName, _ limit: TimeAmount) async -> Rest {
        var configuration = self.configuration
        configuration.transports = [name]
        configuration.climbs = false
        configuration.wantsLossless = false
        let session = TrialSession()
        await session.open(self.address, configuration)
        let prefix = self.namespace == "/" ? "" : "\(self.namespace),"
        let end = NIODeadline.now() + limit
        var last = ContinuousClock.now
        while true {
            let rest = end - .now()
            guard rest > .zero else { break }
            switch await session.next(within: rest) {
            case .opened: await session.send("0\(prefix)\(self.auth)")
            case .text(let text) where text.hasPrefix("4\(prefix)"):
                await session.close()
                return .refused
            case .text: last = .now
            case .ended(let reason):
                // The session does not tell of pings, which come one interval apart.
                let quiet = (ContinuousClock.now - last) / .seconds(1)
                let interval = self.pingInterval / .seconds(1)
                return .cut(quiet: .seconds(quiet.truncatingRemainder(dividingBy: interval)), reason.error)
            case .moved, .overdue: continue
            }
        }
        await session.close()
        return .undisturbed
    }
}
