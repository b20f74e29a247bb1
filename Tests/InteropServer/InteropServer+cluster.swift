// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Martlet
import MartletForwarding
import MartletRedis

#if canImport(MartletNATS)
import MartletNATS
#endif

extension InteropServer {
    func validateCluster() throws {
        if let mode = self.redisMode, !["classic", "sharded", "streams"].contains(mode) {
            throw ValidationError("--redis-mode: there is no mode '\(mode)'.")
        }
        if self.redisMode == "streams", self.recovery == nil {
            throw ValidationError("--redis-mode: streams needs --recovery.")
        }
        if self.redisMode != nil, self.redis == nil { throw ValidationError("--redis-mode: needs --redis.") }
        if self.pythonChannel != nil, self.redis == nil { throw ValidationError("--python-channel: needs --redis.") }
        if self.redis != nil, self.nats != nil { throw ValidationError("--nats: there is a Redis already.") }
        #if !canImport(MartletNATS)
        if self.nats != nil {
            throw ValidationError("--nats: built where NATS's C client (libnats-dev) is not installed.")
        }
        #endif
        if (self.nodeAddress == nil) != (self.clusterSecret == nil) {
            throw ValidationError("--node-address and --cluster-secret go together.")
        }
        if self.nodeAddress != nil, self.redis == nil, self.nats == nil {
            throw ValidationError("--node-address: needs --redis or --nats.")
        }
    }

    /// - Returns: closes the connection to the broker; nil without one.
    func enterCluster(_ io: SocketIOServer) throws -> (@Sendable () async -> Void)? {
        let close = try self.enterBus(io)
        if let address = self.nodeAddress, let secret = self.clusterSecret {
            try io.forwardRequests(address: address, secret: secret)
        }
        return close
    }

    private func enterBus(_ io: SocketIOServer) throws -> (@Sendable () async -> Void)? {
        var configuration = ClusterConfiguration()
        configuration.nodeTimeout = .milliseconds(self.nodeTimeout)
        if let url = self.redis {
            var redis = RedisConfiguration()
            if self.redisMode == "sharded" {
                redis.usesShardedChannels = true
                configuration.channels = .rooms
            }
            if self.redisMode == "streams" { redis.recovery = RedisRecovery() }
            if self.redisMode == "classic" { redis.peers.append(.nodeAdapter()) }
            if let channel = self.pythonChannel {
                redis.peers.append(.pythonSocketIO(channel: channel, publishesBroadcasts: true))
            }
            let bus = try RedisCluster(url: url, configuration: redis)
            io.cluster(bus, configuration: configuration)
            return { await bus.close() }
        }
        #if canImport(MartletNATS)
        if let url = self.nats {
            let bus = try NATSCluster(url: url)
            io.cluster(bus, configuration: configuration)
            return { await bus.close() }
        }
        #endif
        return nil
    }
}
