// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet

/// The demo is open to anybody who finds the page, so all that it keeps has a limit.
enum Limits {
    static let nameCharacters = 24
    static let roomNameCharacters = 32
    static let textBytes = 8000
    static let keyBytes = 64
    static let history = 50
    /// How many rooms have a history: those with people in them, and the last ones that people have left.
    static let roomsRemembered = 200
    static let memory = Duration.seconds(365 * 86_400)
    /// How long a person may be away without having left. A page that is loaded again is back in that time.
    static let leaveDelay = Duration.milliseconds(1500)
    static let rooms = 100
    static let peopleInARoom = 200
    static let roomsListed = 24

    // The limits of the showcase.
    static let faultBytes = 4096
    static let visitors = 500
    /// How long the counts of a visitor without a socket are kept.
    static let absence = Duration.seconds(60)
    static let gaps = 1000
    static let messagesPerSecond = 1000
    static let batchInterval = Duration.milliseconds(20)
    static let tallyInterval = Duration.milliseconds(250)

    // The limits of the tour.
    static let tourRooms = 10
    static let tourRoomBytes = 64
    /// How long a client may take to acknowledge that it will be disconnected.
    static let farewell = Duration.seconds(5)
}

/// A bucket that holds `burst` tokens and gains `perSecond`; each message takes one.
struct RateLimit {
    static let burst = 20.0
    static let perSecond = 5.0

    private var tokens = Self.burst
    private var filledAt = ContinuousClock.now

    /// Whether there was a token left.
    mutating func take() -> Bool {
        let now = ContinuousClock.now
        let seconds = (now - self.filledAt) / .seconds(1)
        self.filledAt = now
        self.tokens = min(Self.burst, self.tokens + seconds * Self.perSecond)
        guard self.tokens >= 1 else { return false }
        self.tokens -= 1
        return true
    }
}

extension Socket {
    /// Whether the socket may send something to others now. Called by handlers, which run one at a time.
    func takeToken() -> Bool {
        var rate = self.data["rate", as: RateLimit.self] ?? RateLimit()
        defer { self.data["rate"] = rate }
        return rate.take()
    }
}

extension String {
    /// The name by which others know the browser that has this key; nil if it is no key. The hash is another one in each
    /// process, and does not tell the key, so that nobody else can come as this user.
    var asUser: String? {
        guard !self.isEmpty, self.utf8.count <= Limits.keyBytes else { return nil }
        return String(UInt(bitPattern: self.hashValue), radix: 36)
    }

    /// A person's name as others see it: one line, without invisible characters; nil if nothing is left.
    var asPersonName: String? {
        let visible = self.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: " " as Unicode.Scalar
            default: scalar
            }
        }
        let words = String(String.UnicodeScalarView(visible)).split(separator: " ")
        return words.joined(separator: " ").cut(to: Limits.nameCharacters)
    }

    /// A room's name as it appears in a URL: lower case, letters and digits joined by dashes; nil if nothing is left.
    var asRoomName: String? {
        let words = self.lowercased().split { !$0.isLetter && !$0.isNumber }
        return words.joined(separator: "-").cut(to: Limits.roomNameCharacters)
    }

    /// The first characters of the text; nil when it is empty. Since a character can take many bytes, the result has at
    /// most four bytes for each of the `characters`.
    private func cut(to characters: Int) -> String? {
        var cut = self.prefix(characters)
        while cut.utf8.count > 4 * characters { cut.removeLast() }
        return cut.isEmpty ? nil : String(cut)
    }
}
