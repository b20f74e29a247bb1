// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The official socket.io-client loses its connection twice and gets its state back: official_recovery.cjs BUNDLE URL
// TRANSPORT. Prints what it found as JSON.
'use strict';
const [bundle, url, transport] = process.argv.slice(2);
if (transport === 'polling') globalThis.XMLHttpRequest = require('xmlhttprequest').XMLHttpRequest;
const { io } = require(bundle);

const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const options = { transports: [transport], forceNew: true, reconnectionDelay: 200 };

(async () => {
  const other = io(url, options);
  const socket = io(url, options);
  await Promise.all([next(other, 'connect'), next(socket, 'connect')]);
  const id = socket.id;
  let received = [];
  // What the server sends has its offset behind it.
  socket.on('news', (text) => received.push(text));
  const report = () => {
    const found = { recovered: socket.recovered };
    if (socket.recovered) found.sameID = socket.id === id;
    return { ...found, received: received.splice(0) };
  };
  const tell = async (text) => {
    other.emit('to-room', 'room', 'news', text);
    await other.emitWithAck('room-size', 'room');
  };

  await socket.emitWithAck('join', 'room');
  await other.emitWithAck('join', 'room');
  const before = next(socket, 'news');
  await tell('before');
  await before;
  const first = report();

  const loseConnection = async (meanwhile) => {
    const gone = next(socket, 'disconnect');
    // As after a lost network: the client only closes its side.
    socket.io.engine.close();
    await gone;
    const back = next(socket, 'connect');
    await meanwhile();
    await back;
  };
  await loseConnection(async () => { await tell('missed 1'); await tell('missed 2'); });
  const second = report();
  await loseConnection(async () => {});
  const after = next(socket, 'news');
  await tell('after');
  await after;
  const third = { ...report(), room: await socket.emitWithAck('room-size', 'room') };

  console.log(JSON.stringify({ first, second, third }));
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
