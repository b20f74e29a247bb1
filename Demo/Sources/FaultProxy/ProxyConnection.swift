// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A client's connection, the connection to the application that is opened for it, and everything that passes between
/// them. Confined to its event loop.
///
/// ```
/// client → requests  → up lane   → backend
/// client ← responses ← down lane ← backend
/// ```
///
/// Requests pass one at a time, each after the answer to the one before. After a 101 both lanes carry plain bytes.
final class ProxyConnection {
    /// The request that is being answered.
    struct Exchange {
        let method: HTTPMethod
        let kind: RequestKind
        /// The status with which the proxy answers this request itself, once the request is complete.
        var refusal: HTTPResponseStatus?
        /// The status of the application's answer, once its head has come.
        var status: HTTPResponseStatus?
        /// Whether the answer's length was unknown when it began.
        var isStream = false
    }

    enum Backend {
        case none
        case connecting(HTTPRequestHead)
        case open(any Channel)
        case gone
    }

    let client: any Channel
    let backendAddress: SocketAddress
    private let visitors: Visitors
    private var up = Lane<HTTPRequestHead>()
    private var down = Lane<HTTPResponseHead>()
    var backend = Backend.none
    var exchange: Exchange?
    /// The request that turned this connection into a tunnel.
    var tunnel: RequestKind?
    private var clientIsGone = false
    /// Whether the connection is ending, so that nothing passes.
    private(set) var isClosing = false
    private var visitor: Visitor?
    private var terms = Visitors.Terms()
    /// Whether the application's end has become a tunnel, perhaps before the end of the request has passed.
    var backendIsRaw = false
    var clientHandler: (any Resumable)?
    var backendHandler: (any Resumable)?
    /// The handlers to remove when the pipelines become a tunnel, the decoder last.
    var clientCodec: [any RemovableChannelHandler] = []
    var backendCodec: [any RemovableChannelHandler] = []
    /// The timers for the next part of each lane that is due later.
    private var alarms: [End: Scheduled<Void>] = [:]
    private var patience: Scheduled<Void>?

    /// How long a connection may wait for a request that goes to the application. After that the application has a
    /// timeout of its own.
    private static let idleTimeout = TimeAmount.seconds(10)
    /// How long a client may take to close after the proxy has closed its side.
    private static let closeTimeout = TimeAmount.seconds(2)
    /// How long a connection may outlive the application.
    private static let shutdownTimeout = TimeAmount.milliseconds(500)

    init(client: any Channel, backendAddress: SocketAddress, visitors: Visitors) {
        self.client = client
        self.backendAddress = backendAddress
        self.visitors = visitors
        self.beginPatience()
    }

    var isolatedLoop: NIOIsolatedEventLoop { self.client.eventLoop.assumeIsolated() }

    // MARK: Input

    func received(_ request: HTTPServerRequestPart) {
        switch request {
        case .head(let head):
            self.patience?.cancel()
            self.visit(RequestKind(head))
            self.push(up: .head(head))
        case .body(let bytes): self.push(up: .body(bytes))
        case .end(let trailers): self.push(up: .end(trailers))
        }
    }

    func received(_ response: HTTPClientResponsePart) {
        switch response {
        case .head(let head):
            if head.isFinal { self.exchange?.status = head.status }
            self.push(down: .head(head))
        case .body(let bytes): self.push(down: .body(bytes))
        case .end(let trailers):
            self.push(down: .end(trailers))
            if self.exchange?.status == .switchingProtocols { self.makeBackendRaw() }
        }
    }

    func push(up part: Part<HTTPRequestHead>) {
        if !self.isClosing { self.up.push(part, now: .now()) }
    }

    func push(down part: Part<HTTPResponseHead>) {
        if !self.isClosing { self.down.push(part, now: .now()) }
    }

    /// Makes the connection belong to the visitor of its last request: browsers keep connections, and use them for all
    /// their pages.
    private func visit(_ kind: RequestKind) {
        if self.visitor != kind.visitor {
            self.leave()
            self.visitor = kind.visitor
        }
        guard let visitor = kind.visitor else { return }
        let connection = Visitors.Connection(
            id: ObjectIdentifier(self),
            eventLoop: self.client.eventLoop,
            connection: NIOLoopBound(self, eventLoop: self.client.eventLoop)
        )
        if let terms = self.visitors.enter(visitor, connection) { self.terms = terms }
    }

    private func leave() {
        if let visitor = self.visitor { self.visitors.leave(visitor, ObjectIdentifier(self)) }
        self.visitor = nil
        self.terms = Visitors.Terms()
    }

    // MARK: Passing on

    func hasRoom(from end: End) -> Bool {
        self.isClosing || (end == .client ? !self.up.isFull : !self.down.isFull)
    }

    /// Passes on the parts that may go, in both directions.
    func pump() {
        self.pumpDown()
        self.pumpUp()
        self.clientHandler?.resume()
        self.backendHandler?.resume()
    }

    private func pumpUp() {
        defer { if case .open(let channel) = self.backend { channel.flush() } }
        while !self.isClosing, self.backendIsReady, !(self.up.beginsWithHead && self.exchange != nil) {
            switch self.up.next(self.terms.faults, now: .now()) {
            case .pass(let part): self.pass(up: part)
            case .wait(let due): return self.wake(.client, at: due)
            case .nothing: return
            }
        }
    }

    private func pumpDown() {
        defer { self.client.flush() }
        while !self.isClosing, self.client.isWritable {
            switch self.down.next(self.terms.faults, now: .now()) {
            case .pass(let part): self.pass(down: part)
            case .wait(let due): return self.wake(.backend, at: due)
            case .nothing: return
            }
        }
    }

    /// Whether the application can take a part. Without a connection to the application the answer is yes: the first
    /// request then shows whether a connection is needed at all.
    private var backendIsReady: Bool {
        switch self.backend {
        case .none, .gone: true
        case .connecting: false
        case .open(let channel): channel.isWritable
        }
    }

    private func wake(_ end: End, at due: NIODeadline) {
        self.alarms[end]?.cancel()
        self.alarms[end] = self.isolatedLoop.scheduleTask(deadline: due) { self.pump() }
    }

    /// How many of these bytes may still pass. If not all of them may, they are the last bytes to pass.
    func spend(_ bytes: Int) -> Int {
        self.terms.budget.spend(bytes)
    }

    func verdict(on kind: RequestKind) -> Verdict {
        let verdict = Verdict(kind, self.terms.faults)
        if verdict == .refuse, let visitor = self.visitor { self.visitors.count(\.refused, visitor) }
        return verdict
    }

    /// Updates the buffer of the down lane when an answer begins or ends, or the faults change.
    func holdBack() {
        self.down.buffer = self.exchange?.isStream == true ? self.terms.faults.buffer : nil
    }

    // MARK: Requests from outside

    func apply(_ terms: Visitors.Terms) {
        guard !self.isClosing else { return }
        self.terms = terms
        let kind = self.tunnel ?? (self.exchange?.refusal == nil ? self.exchange?.kind : nil)
        if let kind, Verdict(kind, terms.faults) == .refuse {
            self.cut()
        } else {
            self.holdBack()
            self.pump()
        }
    }

    /// Resets both ends, as a broken network does.
    func cut() {
        guard !self.isClosing else { return }
        if let visitor = self.visitor { self.visitors.count(\.cut, visitor) }
        self.finish(resetting: true)
    }

    /// The application has ended, or is about to.
    func quiesce() {
        self.apply(Visitors.Terms())
        if case .none = self.backend, self.exchange == nil { return self.finish() }
        let client = self.client
        client.eventLoop.scheduleTask(in: Self.shutdownTimeout) { client.close(promise: nil) }
    }

    // MARK: The end

    func inputClosed(_ end: End) {
        if end == .client {
            self.push(up: .closed)
            self.pump()
        }
    }

    func closed(_ end: End) {
        switch end {
        case .client:
            self.clientIsGone = true
            self.push(up: .closed)
        case .backend:
            self.backend = .gone
            self.push(down: .closed)
        }
        switch self.backend {
        case .none, .gone: if self.clientIsGone { self.finish() }
        case .connecting, .open: break
        }
        self.pump()
    }

    func failed(_ end: End, _ error: any Error) {
        switch end {
        case .client:
            if let error = error as? HTTPParserError, self.exchange == nil {
                self.refuseMalformed(error)
            } else {
                self.client.close(promise: nil)
            }
        case .backend:
            if case .open(let channel) = self.backend { channel.close(promise: nil) }
        }
    }

    /// Passes on that the client has closed its side, or is gone altogether.
    func passClosed(to channel: any Channel) {
        channel.close(mode: self.clientIsGone ? .all : .output, promise: nil)
    }

    private func beginPatience() {
        self.patience = self.isolatedLoop.scheduleTask(in: Self.idleTimeout) { self.finish() }
    }

    /// Restarts the idle timeout after a request that the proxy has answered. No connection to the application is
    /// opened for such a request.
    func becameIdle() {
        if case .none = self.backend { self.beginPatience() }
    }

    func finish(resetting: Bool = false) {
        guard !self.isClosing else { return }
        self.stop()
        var channels = [self.client]
        if case .open(let backend) = self.backend { channels.append(backend) }
        for channel in channels {
            if resetting, let socket = channel as? any SocketOptionProvider {
                socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
            } else {
                channel.close(promise: nil)
            }
        }
    }

    /// Closes the connection after the client has got all that was written. Closing both sides while the client still
    /// sends would reset the connection, and bytes on their way might be lost.
    func finishAfterFlush() {
        guard !self.isClosing else { return }
        self.stop()
        if case .open(let backend) = self.backend { backend.close(promise: nil) }
        let client = self.client
        self.writeToClient(.body(ByteBuffer()))?.assumeIsolated().whenComplete { _ in
            client.close(mode: .output, promise: nil)
            client.eventLoop.scheduleTask(in: Self.closeTimeout) { client.close(promise: nil) }
        }
        client.flush()
    }

    private func stop() {
        self.isClosing = true
        self.patience?.cancel()
        for alarm in self.alarms.values { alarm.cancel() }
        self.leave()
        // The handlers retain this connection. They resume reading only while parts pass, so resume them once more.
        self.clientHandler?.resume()
        self.clientHandler = nil
        self.backendHandler = nil
        self.clientCodec = []
        self.backendCodec = []
    }
}
