// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MartletTLS

extension InteropServer {
    func validateTLS() throws {
        if (self.tlsCertificate == nil) != (self.tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key go together.")
        }
        if self.tlsClientCa != nil, self.tlsCertificate == nil {
            throw ValidationError("--tls-client-ca: needs --tls-certificate.")
        }
        if self.h2c, self.tlsCertificate != nil { throw ValidationError("--h2c: is for servers without TLS.") }
        if self.nodeAddress != nil, self.tlsCertificate != nil {
            throw ValidationError("--node-address: servers reach each other without TLS only.")
        }
    }

    func serverTLS() throws -> ServerTLS? {
        guard let certificate = self.tlsCertificate, let key = self.tlsKey else { return nil }
        return try ServerTLS(certificate: certificate, key: key, clientAuthority: self.tlsClientCa)
    }
}
