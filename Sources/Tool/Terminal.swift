// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The standard output and error. A line is written by one call of the system, so that lines of several threads do not
/// mix.
enum Terminal {
    enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case grey = "90"
    }

    /// Only on a terminal, and where nobody has asked for none (no-color.org).
    private static let hasColours: Bool = {
        let isRefused = getenv("NO_COLOR").map { String(cString: $0) != "" } ?? false
        let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
        return isatty(STDOUT_FILENO) == 1 && !isRefused && !isDumb
    }()

    /// How many columns the terminal has that the output goes to; nil: it goes to none.
    static var width: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    static func painted(_ text: String, _ colour: Colour) -> String {
        self.hasColours ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }

    static func print(_ line: String) { self.write(line, to: STDOUT_FILENO) }

    static func printError(_ line: String) { self.write(line, to: STDERR_FILENO) }

    private static func write(_ line: String, to descriptor: Int32) {
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { bytes in
                #if canImport(Glibc)
                Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                #elseif canImport(Musl)
                Musl.write(descriptor, bytes.baseAddress, bytes.count)
                #else
                Darwin.write(descriptor, bytes.baseAddress, bytes.count)
                #endif
            }
            if count < 0 {
                if errno == EINTR { continue }
                // Nobody reads any more.
                exit(descriptor == STDOUT_FILENO ? 0 : 1)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Text of a peer, without what would steer the terminal: control characters, those beyond ASCII too.
    static func safe(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || 0x7f...0x9f ~= scalar.value {
                safe += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// The time of day here, with milliseconds.
    static var time: String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        localtime_r(&now.tv_sec, &parts)
        let milliseconds = self.padded(now.tv_nsec / 1_000_000, to: 3)
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { self.padded(Int($0), to: 2) }
        return "\(time.joined(separator: ":")).\(milliseconds)"
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The words of a text in lines of so many columns.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let line = lines.last, line.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(line) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    /// Fills up with blanks on the right.
    static func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension Duration {
    /// In milliseconds, past ten seconds in seconds, with as many digits as matter.
    var text: String {
        let microseconds = self.components.seconds * 1_000_000 + self.components.attoseconds / 1_000_000_000_000
        let seconds = (microseconds + 50_000) / 100_000
        guard microseconds < 10_000_000 else { return "\(seconds / 10).\(seconds % 10) s" }
        guard microseconds < 10_000 else { return "\((microseconds + 500) / 1000) ms" }
        let hundredths = (microseconds + 5) / 10
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) ms"
    }
}

extension Int {
    /// With commas between thousands.
    var grouped: String {
        var digits = ""
        for (index, digit) in String(self.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { digits = "," + digits }
            digits = String(digit) + digits
        }
        return (self < 0 ? "-" : "") + digits
    }
}
