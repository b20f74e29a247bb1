// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import MartletRedis

/// A server that answers as a test wants.
final class FakeRedis: Sendable {
    enum Answer {
        case text(String)
        /// The text, and no more.
        case textAndEnd(String)
        case nothing
    }

    private let channel: any Channel
    let commands: Inbox<[String]>

    static let hello = "%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n"

    /// - Parameter answer: called with each command, and the number of its connection, from 0.
    init(_ answer: @escaping @Sendable (_ command: [String], _ connection: Int) -> Answer) async throws {
        let connections = NIOLockedValueBox(0)
        let commands = Inbox<[String]>()
        self.commands = commands
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = connections.withLockedValue { count in
                        defer { count += 1 }
                        return count
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        Handler {
                            commands.append($0)
                            return answer($0, number)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { self.channel.close(promise: nil) }

    var url: String { "redis://127.0.0.1:\(self.channel.localAddress?.port ?? 0)" }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var decoder = RESPDecoder()
        private let answer: ([String]) -> Answer

        init(_ answer: @escaping ([String]) -> Answer) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.decoder.append(self.unwrapInboundIn(data))
            while let command = try? self.decoder.next() {
                let arguments = command.elements?.compactMap(\.string) ?? []
                switch self.answer(arguments) {
                case .text(let text): self.write(text, context)
                case .textAndEnd(let text):
                    self.write(text, context)
                    context.close(promise: nil)
                case .nothing: break
                }
            }
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
        }
    }
}
