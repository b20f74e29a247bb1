// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import MartletEventStream
public import MartletEvents
internal import MartletPolling
internal import NIOCore

extension MartletServer {
    /// A server or an endpoint, served under its path.
    public struct Mount: Sendable {
        let endpoint: any HTTPEndpoint

        /// A Socket.IO server, and the JavaScript client's files beside it (the package's trait `EmbeddedClient`).
        public static func socketIO(_ server: SocketIOServer) -> Mount {
            let lifecycle = EngineEndpoint.Lifecycle(
                leave: { await server.handOver() }, ended: { await server.ended() })
            return Mount(endpoint: EngineEndpoint(engine: server.engine, files: .embedded, lifecycle: lifecycle))
        }

        /// An Engine.IO server.
        public static func engineIO(_ server: EngineIOServer) -> Mount {
            Mount(endpoint: EngineEndpoint(engine: server.engine, files: nil, lifecycle: nil))
        }

        /// A server of plain WebSockets.
        public static func webSocket(_ server: WebSocketServer) -> Mount {
            Mount(endpoint: WebSocketEndpoint(server: server))
        }

        /// Says how the server is, as plain text. `PATH/live` answers with 200 as long as the process serves; `PATH` and
        /// `PATH/ready` do, too, but with 503 from the moment on in which a graceful shutdown was asked for. A load
        /// balancer asks the latter, and whoever restarts processes that hang the former.
        public static func health(_ path: String = "/healthz") -> Mount {
            Mount(endpoint: HealthEndpoint(path: path))
        }

        /// An endpoint of the application's own.
        public static func endpoint(_ endpoint: some Endpoint) -> Mount {
            Mount(endpoint: UserEndpoint(endpoint))
        }
    }

    /// A handler that serves the mounts inside another HTTP/1.1 server's pipeline: it stands behind the codec that
    /// makes `HTTPRequestPart`s, and passes on the requests that are under no mount's path.
    ///
    /// - Parameters:
    ///   - mounts: what is served; a request goes to the first mount under whose path it lies.
    ///   - isPlaintext: whether no TLS handler is in the pipeline, so that WebSockets may write to the socket directly.
    public static func channelHandler(_ mounts: [Mount], isPlaintext: Bool = false) -> MartletChannelHandler {
        MartletChannelHandler(endpoints: mounts.map(\.endpoint), isPlaintext: isPlaintext)
    }
}

extension EngineEndpoint {
    fileprivate convenience init(
        engine: Engine,
        files: ClientFiles?,
        lifecycle: Lifecycle?
    ) {
        let configuration = engine.configuration
        self.init(
            engine: engine,
            // Searched for each request: the kinds with the most requests come first.
            kinds: [
                HTTPKind(PollingKind()),
                HTTPKind(EventStreamKind(keepAlive: TimeAmount(configuration.streamKeepAlive))),
                WebSocketKind(
                    deflate: configuration.perMessageDeflate?.wire,
                    subprotocols: configuration.subprotocols
                ),
            ],
            files: files,
            lifecycle: lifecycle
        )
    }
}
