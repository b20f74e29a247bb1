// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

/// The other servers of a cluster, as far as they have been heard of.
struct ClusterNodes {
    /// At this tick without a message, a node counts as dead. The first of them may come at once after the node's last
    /// message, so this is after three to four intervals.
    static let ticksPerTimeout = 4
    /// Past this number, new nodes are ignored: they would be made up.
    static let limit = 1000

    private struct Node {
        var namespaces: Set<String>
        var location: NodeLocation?
        var silentTicks = 0
    }

    private var nodes: [String: Node] = [:]
    /// The ids of the nodes that take forwarded requests, by the tags of their sessions.
    private var idsByTag: [NodeTag: String] = [:]

    var count: Int { self.nodes.count }
    var ids: Set<String> { Set(self.nodes.keys) }

    func contains(_ id: String) -> Bool { self.nodes[id] != nil }

    /// The nodes that take part in a namespace.
    func members(of namespace: String) -> Set<String> {
        var members: Set<String> = []
        for (id, node) in self.nodes where node.namespaces.contains(namespace) { members.insert(id) }
        return members
    }

    /// Whether no node is known to take part in a namespace, nor ignored.
    func hasNoMembers(of namespace: String) -> Bool {
        self.nodes.count < Self.limit && self.nodes.values.allSatisfy { !$0.namespaces.contains(namespace) }
    }

    /// The nodes that take forwarded requests.
    var forwarding: Set<String> { Set(self.idsByTag.values) }

    /// The node whose sessions have this tag.
    func id(of tag: NodeTag) -> String? { self.idsByTag[tag] }

    /// Where a node takes forwarded requests.
    func location(of id: String) -> NodeLocation? { self.nodes[id]?.location }

    /// A message came from a node.
    mutating func heard(_ id: String) {
        self.nodes[id]?.silentTicks = 0
    }

    /// A node has said in which namespaces it takes part.
    /// - Returns: whether the node was not known.
    mutating func update(_ id: String, namespaces: Set<String>, location: NodeLocation? = nil) -> Bool {
        let isNew = self.nodes[id] == nil
        guard !isNew || self.nodes.count < Self.limit else { return false }
        if !isNew { self.forget(id) }
        self.nodes[id] = Node(namespaces: namespaces, location: location)
        if let location { self.idsByTag[location.tag] = id }
        return isNew
    }

    private mutating func forget(_ id: String) {
        guard let tag = self.nodes.removeValue(forKey: id)?.location?.tag, self.idsByTag[tag] == id else { return }
        self.idsByTag[tag] = nil
    }

    /// A node takes part in one more namespace.
    mutating func joined(_ id: String, namespace: String) {
        self.nodes[id]?.namespaces.insert(namespace)
    }

    mutating func left(_ id: String, namespace: String) {
        self.nodes[id]?.namespaces.remove(namespace)
    }

    /// - Returns: whether the node was known.
    mutating func remove(_ id: String) -> Bool {
        let isKnown = self.nodes[id] != nil
        self.forget(id)
        return isKnown
    }

    /// Called once in a heartbeat's interval.
    /// - Returns: the nodes that count as dead from now on.
    mutating func tick() -> [String] {
        var dead: [String] = []
        for id in self.nodes.keys {
            self.nodes[id]?.silentTicks += 1
            if let node = self.nodes[id], node.silentTicks >= Self.ticksPerTimeout { dead.append(id) }
        }
        for id in dead { self.forget(id) }
        return dead
    }
}
