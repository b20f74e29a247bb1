// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Node's own EventSource and fetch speak the sse transport: event_source.cjs URL
// Prints the packets that came, one JSON text a line, and ends when the server ended the session.
'use strict';
const [url] = process.argv.slice(2);
const endpoint = `${url}/engine.io/?EIO=4&transport=sse`;
const source = new EventSource(endpoint);
let sid;

const post = async (body) => {
  const response = await fetch(`${endpoint}&sid=${sid}`, { method: 'POST', body });
  const text = await response.text();
  if (response.status !== 200 || text !== 'ok') throw new Error(`POST answered ${response.status} ${text}`);
};
const fail = (error) => {
  console.log(JSON.stringify(`error: ${error && error.message || error}`));
  process.exit(1);
};

setTimeout(() => fail('nothing more came'), 8000 * Number(process.env.MARTLET_TIME_FACTOR || 1));
source.onmessage = ({ data }) => {
  console.log(JSON.stringify(data));
  if (data.startsWith('0')) {
    sid = JSON.parse(data.slice(1)).sid;
    post('4hello\x1e4é 😀\x1ebAQID\x1e4two\nlines\x1e4 leading space\x1e4trailing space \x1e4').then(() => post('4end')).catch(fail);
  } else if (data === '4end') {
    source.close();
    process.exit(0);
  }
};
source.onerror = fail;
