// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// ws on Node: node_ws.js PORT [deflate]

const http = require('http')
const { WebSocket, WebSocketServer } = require('ws')

const deflates = process.argv[3] === 'deflate'
const options = { noServer: true, perMessageDeflate: deflates ? { threshold: 0 } : false }

const echo = new WebSocketServer(options)
echo.on('connection', socket => {
  socket.on('message', (message, binary) => socket.send(message, { binary }))
})

const broadcast = new WebSocketServer(options)
broadcast.on('connection', socket => {
  socket.on('message', (message, binary) => {
    for (const client of broadcast.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(message, { binary })
    }
  })
})

const server = http.createServer()
server.on('upgrade', (request, socket, head) => {
  const endpoint = request.url.startsWith('/broadcast') ? broadcast : echo
  endpoint.handleUpgrade(request, socket, head, client => endpoint.emit('connection', client, request))
})
server.listen(Number(process.argv[2]), '127.0.0.1', 4096)
