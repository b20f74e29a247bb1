// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletShared

/// What both sides know, in a target that needs no server and no client.
public enum Notes {
    public struct Note: Codable, Sendable {
        public let author: String
        public let text: String

        public init(author: String, text: String) {
            self.author = author
            self.text = text
        }
    }

    /// Answered with how many notes there are.
    public static let add = Event<Note>("add")
    public static let added = Event<Note, Int>("added")
}
