// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Some servers of a cluster did not answer a question in time.
public struct IncompleteAnswer<Value: Sendable>: Error {
    /// What the others answered.
    public let value: Value
    /// How many servers were asked, the one that asked among them.
    public let nodesAsked: Int
    /// How many of them answered.
    public let nodesAnswered: Int
}

extension IncompleteAnswer: CustomStringConvertible {
    public var description: String { "\(self.nodesAnswered) of \(self.nodesAsked) servers of the cluster answered" }
}

/// What the nodes of a cluster have answered together; a server without a cluster is one node.
package struct Gathered<Value: Sendable>: Sendable {
    package var value: Value
    /// How many nodes were asked.
    package var nodes = 1
    /// How many of them did not answer.
    package var missingNodes = 0

    package init(_ value: Value) {
        self.value = value
    }

    /// - Returns: nil if all nodes have answered.
    var incompleteAnswer: IncompleteAnswer<Value>? {
        guard self.missingNodes > 0 else { return nil }
        return IncompleteAnswer(
            value: self.value, nodesAsked: self.nodes, nodesAnswered: self.nodes - self.missingNodes)
    }
}
