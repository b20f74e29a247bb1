// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The official socket.io-client under Node: official_client.cjs BUNDLE URL TRANSPORTS [CASE]
// Prints one JSON line per case, {"case", "ok", "error"}; test_client_javascript.py reads them.
// Needs --experimental-websocket on Node 20, and Debian's node-xmlhttprequest (NODE_PATH) for polling.
'use strict';
const assert = require('node:assert/strict');
const [bundle, url, transportList, only] = process.argv.slice(2);
const transports = transportList.split('+');

if (transports.includes('polling')) globalThis.XMLHttpRequest = require('xmlhttprequest').XMLHttpRequest;
const { io } = require(bundle);
const factor = Number(process.env.MARTLET_TIME_FACTOR || 1);

const within = (promise, what, ms = 5000) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not happen within ${ms * factor} ms`)), ms * factor);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};
const next = (emitter, event) =>
  within(new Promise((resolve) => emitter.once(event, (...args) => resolve(args))), `'${event}'`);

const open = [];
const client = (namespace = '/', options = {}) => {
  const socket = io(url + namespace, { transports, forceNew: true, reconnection: false, ...options });
  open.push(socket);
  return socket;
};
const connected = async (namespace, options) => {
  const socket = client(namespace, options);
  const auth = next(socket, 'auth');
  await next(socket, 'connect');
  assert.deepEqual(await auth, [(options && options.auth) || {}]);
  return socket;
};
// XMLHttpRequest of Node's package hands binary over as text, so binary is asked for only on WebSocket.
const carriesBinary = transports.at(-1) === 'websocket';
const onWebSocket = async (socket) => {
  const engine = socket.io.engine;
  if (carriesBinary && engine.transport.name !== 'websocket') await next(engine, 'upgrade');
  assert.equal(engine.transport.name, transports.at(-1));
};
const bytes = (value) => [...new Uint8Array(value.buffer ?? value)];

const cases = {
  async 'connects with and without auth'() {
    const one = await connected();
    const two = await connected('/', { auth: { token: 'é', n: [1] } });
    assert.notEqual(one.id, two.id);
  },
  async 'sends and receives events'() {
    const socket = await connected();
    await onWebSocket(socket);
    const back = next(socket, 'message-back');
    socket.emit('message', 1, '2', { 3: [true, null, 'é/😀'] });
    assert.deepEqual(await back, [1, '2', { 3: [true, null, 'é/😀'] }]);
  },
  async 'acknowledges both ways'() {
    const socket = await connected();
    assert.equal(await within(socket.emitWithAck('sum', 1, 2, 3), 'the sum'), 6);
    assert.equal(await within(socket.timeout(3000).emitWithAck('message-with-ack', 'x'), 'the ack'), 'x');
    socket.on('question', (value, answer) => answer({ got: value }));
    const answer = next(socket, 'answer');
    socket.emit('ask', 'really?');
    assert.deepEqual(await answer, [{ got: 'really?' }]);
  },
  async 'carries binary both ways'() {
    if (!carriesBinary) return;
    const socket = await connected();
    await onWebSocket(socket);
    const data = Uint8Array.from({ length: 256 }, (_, i) => i);
    const back = next(socket, 'message-back');
    socket.emit('message', { deep: [data, 'x', new Uint8Array([9]).buffer] });
    const [value] = await back;
    assert.deepEqual(bytes(value.deep[0]), [...data]);
    assert.deepEqual([value.deep[1], bytes(value.deep[2])], ['x', [9]]);
    assert.deepEqual(bytes(await within(socket.emitWithAck('message-with-ack', data), 'the binary ack')), [...data]);
  },
  async 'uses several namespaces on one connection'() {
    const main = await connected();
    const custom = main.io.socket('/custom');
    const auth = next(custom, 'auth');
    await auth;
    assert.notEqual(main.id, custom.id);
    const back = next(custom, 'message-back');
    custom.emit('message', 'there');
    assert.deepEqual(await back, ['there']);
    custom.disconnect();
    assert.equal(await within(main.emitWithAck('sum', 1), 'the sum'), 1);
  },
  async 'is refused by middleware and by an unknown namespace'() {
    const [refused] = await next(client('/guarded', { auth: { token: 'wrong' } }), 'connect_error');
    assert.equal(refused.message, 'Not authorized');
    assert.deepEqual(refused.data, { code: 'E_AUTH' });
    const [unknown] = await next(client('/nowhere'), 'connect_error');
    assert.equal(unknown.message, 'Invalid namespace');
    await next(client('/guarded', { auth: { token: 'secret' } }), 'connect');
  },
  async 'is told when the server disconnects it'() {
    const socket = await connected();
    const gone = next(socket, 'disconnect');
    socket.emit('disconnect-me');
    assert.equal((await gone)[0], 'io server disconnect');
  },
  async 'connects again after its own disconnect'() {
    const socket = await connected();
    const first = socket.id;
    const gone = next(socket, 'disconnect');
    socket.disconnect();
    assert.equal((await gone)[0], 'io client disconnect');
    const again = next(socket, 'auth');
    socket.connect();
    await again;
    assert.notEqual(socket.id, first);
  },
  async 'receives 5000 events in order'() {
    const socket = await connected();
    let last = 0;
    const all = new Promise((resolve, reject) => socket.on('tick', (number) => {
      if (number !== last + 1) reject(new Error(`${number} after ${last}`));
      last = number;
      if (number === 5000) resolve();
    }));
    socket.emit('count', 5000);
    await within(all, 'the last tick', 15000);
  },
  async 'sends 1000 events in order while upgrading'() {
    const socket = await connected();
    const received = [];
    const all = new Promise((resolve) => socket.on('message-back', (number) => {
      received.push(number);
      if (received.length === 1000) resolve();
    }));
    for (let number = 0; number < 1000; number++) {
      socket.emit('message', number);
      if (number % 100 === 0) await new Promise(setImmediate);
    }
    await within(all, 'the last echo', 15000);
    assert.deepEqual(received, Array.from({ length: 1000 }, (_, i) => i));
    await onWebSocket(socket);
  },
  async 'reaches rooms and broadcasts'() {
    const [one, two] = [await connected(), await connected()];
    const room = `js-${transportList}`;
    assert.equal(await within(one.emitWithAck('join', room), 'join'), 1);
    assert.equal(await within(two.emitWithAck('join', room), 'join'), 2);
    const said = next(two, 'said');
    one.emit('to-room', room, 'said', { x: 1 }, 'y');
    assert.deepEqual(await said, [{ x: 1 }, 'y']);
    const both = Promise.all([next(one, 'broadcast'), next(two, 'broadcast')]);
    one.emit('broadcast', 'all');
    assert.deepEqual(await both, [['all'], ['all']]);
  },
  async 'reconnects by itself when its transport is cut'() {
    const socket = await connected('/', { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 });
    const gone = next(socket, 'disconnect');
    const again = next(socket, 'auth');
    socket.io.engine.close();
    await gone;
    await again;
    assert.equal(await within(socket.emitWithAck('sum', 4), 'the sum'), 4);
  },
};

(async () => {
  let failed = false;
  for (const [name, run] of Object.entries(cases)) {
    if (only && only !== name) continue;
    const result = { case: name, ok: true };
    try {
      await run();
    } catch (error) {
      failed = true;
      Object.assign(result, { ok: false, error: String(error && error.stack || error) });
    }
    console.log(JSON.stringify(result));
    for (const socket of open.splice(0)) socket.io._close ? socket.io._close() : socket.disconnect();
  }
  process.exit(failed ? 1 : 0);
})();
