// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

enum { ACCEPT_LENGTH = 28 };

/* What a server answers to a Sec-WebSocket-Key (RFC 6455, 4.2.2), with a 0 at its end. */
void accept_of_key(const char *key, size_t n, char out[ACCEPT_LENGTH + 1]);

/* Writes the base64 of n bytes, with a 0 at its end. */
void base64(const uint8_t *in, size_t n, char *out);

#endif
