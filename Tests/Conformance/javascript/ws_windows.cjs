// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Node's package `ws` against an echo, in every window: ws_windows.cjs URL
// Reads a JSON array of its perMessageDeflate options; prints for each a line {"agreed", "sent", "echoed", "error"}.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const WebSocket = require('ws');
const url = process.argv[2];

// Repeats itself farther apart than a window of 2^bits, nearer than the next larger one.
const repeating = (size, bits) => {
  const block = crypto.randomBytes((5 << bits) / 4).toString('latin1').replace(/[^ -~]/g, '.');
  return block.repeat(Math.ceil(size / block.length)).slice(0, size);
};

const exchange = (options) => new Promise((resolve) => {
  const bits = options.serverMaxWindowBits;
  const messages = [300, 5_000, 100_000, 300, 5_000].map((size) => repeating(size, bits));
  messages.push(Buffer.from(messages[1]), Buffer.alloc(0), 'short');
  const socket = new WebSocket(url, { perMessageDeflate: { ...options, threshold: 0 } });
  let agreed = null;
  let echoed = 0;
  const end = (error) => {
    socket.terminate();
    resolve({ agreed, sent: messages.length, echoed, error });
  };
  socket.on('upgrade', (response) => { agreed = response.headers['sec-websocket-extensions']; });
  socket.on('error', (error) => end(String(error)));
  socket.on('close', (code) => end(`closed with ${code}`));
  socket.on('open', () => socket.send(messages[0]));
  socket.on('message', (data, isBinary) => {
    const message = messages[echoed];
    if (isBinary !== Buffer.isBuffer(message) || !data.equals(Buffer.from(message))) return end(`echo ${echoed} differs`);
    echoed += 1;
    if (echoed === messages.length) return end(null);
    socket.send(messages[echoed]);
  });
});

(async () => {
  for (const options of JSON.parse(fs.readFileSync(0, 'utf8'))) console.log(JSON.stringify(await exchange(options)));
})();
