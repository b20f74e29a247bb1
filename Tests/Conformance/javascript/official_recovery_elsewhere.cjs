// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The official socket.io-client gets its state back from another server of the cluster, after the process of the one that it
// was connected to has been killed: official_recovery_elsewhere.cjs BUNDLE URL PROCESS OTHER-URL TRANSPORT REDIS.
// Prints what it found as JSON.
'use strict';
const { execFileSync } = require('child_process');
const [bundle, url, pid, otherURL, transport, redis] = process.argv.slice(2);
if (transport === 'polling') globalThis.XMLHttpRequest = require('xmlhttprequest').XMLHttpRequest;
const { io } = require(bundle);

const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const options = { transports: [transport], forceNew: true, reconnectionDelay: 200 };

(async () => {
  const other = io(otherURL, options);
  const socket = io(url, options);
  await Promise.all([next(other, 'connect'), next(socket, 'connect')]);
  const id = socket.id;
  let received = [];
  // What the server sends has its offset behind it.
  socket.on('news', (text, offset) => received.push([text, typeof offset]));
  const tell = (text) => other.emit('to-room', 'room', 'news', text);
  const heard = async (text) => {
    while (!received.some(([heard]) => heard === text)) await next(socket, 'news');
  };

  await socket.emitWithAck('join', 'room');
  tell('before');
  await heard('before');
  // The room is in the record a tenth of a second after it was joined.
  const ask = (...command) => execFileSync('redis-cli', ['-u', redis, ...command], { encoding: 'latin1' });
  const records = () => ask('KEYS', 'martlet:session:/:*').trim().split('\n').map((key) => ask('HVALS', key)).join();
  while (!records().includes('"rooms":["room"]')) await new Promise((resolve) => setImmediate(resolve));

  const gone = next(socket, 'disconnect');
  process.kill(Number(pid), 'SIGKILL');
  await gone;
  socket.io.uri = otherURL;
  const back = next(socket, 'connect');
  tell('missed 1');
  tell('missed 2');
  await back;
  tell('after');
  await heard('after');
  const seen = received.splice(0);
  const first = { recovered: socket.recovered, sameID: socket.id === id, received: seen.map(([text]) => text),
    offsets: seen.every(([, type]) => type === 'string') };

  // Once more, on the same server: nothing comes twice.
  const goneAgain = next(socket, 'disconnect');
  socket.io.engine.close();
  await goneAgain;
  const backAgain = next(socket, 'connect');
  tell('missed 3');
  await backAgain;
  tell('end');
  await heard('end');
  const second = { recovered: socket.recovered, sameID: socket.id === id, received: received.map(([text]) => text) };

  console.log(JSON.stringify({ first, second }));
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
