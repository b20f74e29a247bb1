// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

extension ChannelPipeline.SynchronousOperations {
    /// Removes all HTTP handlers from the pipeline, also those of a foreign server, and puts `next` in the place of
    /// `current`.
    ///
    /// The decoder leaves last: it hands its unread bytes to the handler behind it, which must be `next`.
    func replaceHTTP(_ current: MartletChannelHandler, with next: any RemovableChannelHandler) throws {
        try self.addHandler(next, position: .before(current))
        self.removeHandler(current, promise: nil)
        self.removeIfPresent(HTTP1ToHTTPServerCodec.self)
        self.removeIfPresent(NIOHTTPResponseHeadersValidator.self)
        self.removeIfPresent(HTTPServerProtocolErrorHandler.self)
        self.removeIfPresent(HTTPServerPipelineHandler.self)
        self.removeIfPresent(HTTPResponseEncoder.self)
        self.removeIfPresent(ByteToMessageHandler<HTTPRequestDecoder>.self)
    }

    private func removeIfPresent<Handler: RemovableChannelHandler>(_ type: Handler.Type) {
        if let context = try? self.context(handlerType: type) {
            self.removeHandler(context: context, promise: nil)
        }
    }
}
