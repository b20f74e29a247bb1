/*! Martlet client, Apache License 2.0 */
"use strict";
(() => {
  // src/backoff.js
  var Backoff = class {
    /**
     * @param {number} first ms before the first attempt
     * @param {number} longest ms, never exceeded
     * @param {number} spread 0…1: each delay is its nominal value times 1 ± spread
     * @param {() => number} random 0 ≤ random < 1
     */
    constructor(first, longest, spread, random = Math.random) {
      this._first = first;
      this._longest = longest;
      this._spread = spread;
      this._random = random;
      this._attempts = 0;
    }
    /** The next delay in ms. What would pass the longest is mirrored below it: a cap would bring all back in step. */
    _next() {
      const nominal = Math.min(this._longest, this._first * 2 ** this._attempts++);
      const delay = nominal * (1 + this._spread * (2 * this._random() - 1));
      return Math.max(0, Math.min(delay, 2 * this._longest - delay));
    }
    _reset() {
      this._attempts = 0;
    }
  };

  // src/emitter.js
  function run(callback, self, args) {
    try {
      callback.apply(self, args);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
  var Emitter = class {
    constructor() {
      this._listeners = /* @__PURE__ */ new Map();
    }
    /**
     * @param {string} event
     * @param {Listener} listener
     */
    on(event, listener) {
      this._listeners.set(event, [...this.listeners(event), listener]);
      return this;
    }
    /**
     * @param {string} event
     * @param {Listener} listener
     */
    once(event, listener) {
      const self = this;
      const wrapper = function() {
        self.off(event, wrapper);
        return listener.apply(this, arguments);
      };
      wrapper._original = listener;
      return this.on(event, wrapper);
    }
    /**
     * Removes one listener, all of an event, or all.
     *
     * @param {string} [event]
     * @param {Listener} [listener]
     */
    off(event, listener) {
      if (event === void 0) {
        this._listeners.clear();
      } else if (!listener) {
        this._listeners.delete(event);
      } else {
        const left = [...this.listeners(event)];
        const index = left.findIndex((each) => each === listener || each._original === listener);
        if (index >= 0) {
          left.splice(index, 1);
        }
        this._listeners.set(event, left);
      }
      return this;
    }
    /**
     * @param {string} event
     * @returns {Listener[]}
     */
    listeners(event) {
      return this._listeners.get(event) || [];
    }
    /** @param {string} event */
    hasListeners(event) {
      return this.listeners(event).length > 0;
    }
    /**
     * Node's and the DOM's names for the same, which pages written for socket.io-client use.
     *
     * @param {string} event
     * @param {Listener} listener
     */
    addEventListener(event, listener) {
      return this.on(event, listener);
    }
    /**
     * @param {string} event
     * @param {Listener} [listener]
     */
    removeListener(event, listener) {
      return this.off(event, listener);
    }
    /**
     * @param {string} event
     * @param {Listener} [listener]
     */
    removeEventListener(event, listener) {
      return this.off(event, listener);
    }
    /** @param {string} [event] */
    removeAllListeners(event) {
      return this.off(event);
    }
    /**
     * Calls the listeners of an event; nothing goes to the server.
     *
     * @param {string} event
     * @param {...unknown} args
     */
    _dispatch(event, ...args) {
      for (const listener of this.listeners(event)) {
        run(listener, this, args);
      }
    }
  };

  // src/wire/socket-packet.js
  var CONNECT = 0;
  var DISCONNECT = 1;
  var EVENT = 2;
  var ACK = 3;
  var CONNECT_ERROR = 4;
  var BINARY = 3;
  var MAX_ATTACHMENTS = 10;
  var RESERVED_EVENTS = /^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/;
  function binary(value) {
    if (value instanceof ArrayBuffer) {
      return value.slice(0);
    }
    if (ArrayBuffer.isView(value)) {
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice().buffer;
    }
    if (typeof Blob === "function" && value instanceof Blob) {
      return value;
    }
  }
  function encode({ type, nsp, id = void 0, data }) {
    const attachments = [];
    const json = data === void 0 ? "" : JSON.stringify(data, function(key, value) {
      const bytes = binary(this[key]);
      return bytes ? { "_placeholder": true, num: attachments.push(bytes) - 1 } : value;
    });
    const head = attachments.length ? `${type + BINARY}${attachments.length}-` : `${type}`;
    return [head + (nsp === "/" ? "" : nsp + ",") + (id ?? "") + json, ...attachments];
  }
  var Decoder = class {
    constructor() {
      this._partial = void 0;
      this._attachments = [];
      this._expected = 0;
    }
    /**
     * Throws on what is malformed; the session is then to be closed.
     *
     * @param {string | ArrayBuffer} message
     * @returns {Packet | undefined} nothing while attachments are outstanding
     */
    _add(message) {
      if (typeof message === "string") {
        if (this._partial) {
          throw new Error("text while attachments are outstanding");
        }
        const packet = this._parse(message);
        if (!this._expected) {
          return packet;
        }
        this._partial = packet;
        this._attachments = [];
      } else {
        const packet = this._partial;
        if (!packet) {
          throw new Error("binary with no attachment outstanding");
        }
        if (this._attachments.push(message) === this._expected) {
          this._partial = void 0;
          packet.data = fill(packet.data, this._attachments);
          return packet;
        }
      }
    }
    /**
     * @param {string} text
     * @returns {Packet}
     */
    _parse(text) {
      let type = +text.charAt(0);
      if (!/^[0-6]/.test(text)) {
        throw new Error("unknown packet type");
      }
      let rest = text.slice(1);
      this._expected = 0;
      if (type > CONNECT_ERROR) {
        const head2 = /^(\d+)-/.exec(rest);
        if (!head2) {
          throw new Error("illegal attachments");
        }
        if (+head2[1] > MAX_ATTACHMENTS) {
          throw new Error("too many attachments");
        }
        this._expected = +head2[1];
        type -= BINARY;
        rest = rest.slice(head2[0].length);
      }
      const [head, nsp, digits] = (
        /** @type {RegExpExecArray} */
        /^(?:(\/[^,]*),?)?(\d*)/.exec(rest)
      );
      const json = rest.slice(head.length);
      const id = digits ? +digits : void 0;
      if (digits && !Number.isSafeInteger(id)) {
        throw new Error("invalid acknowledgement id");
      }
      const data = json ? JSON.parse(json) : void 0;
      if (!isValid[type](data)) {
        throw new Error("invalid payload");
      }
      return { type, nsp: nsp || "/", id, data };
    }
  };
  var isObject = (data) => typeof data === "object" && data !== null && !Array.isArray(data);
  var isValid = [
    (data) => data === void 0 || isObject(data),
    (data) => data === void 0,
    (data) => Array.isArray(data) && (typeof data[0] === "number" || typeof data[0] === "string" && !RESERVED_EVENTS.test(data[0])),
    Array.isArray,
    (data) => typeof data === "string" || isObject(data)
  ];
  function fill(value, attachments) {
    if (typeof value !== "object" || value === null) {
      return value;
    }
    if (value["_placeholder"] === true) {
      if (!(value.num in attachments) || typeof value.num !== "number") {
        throw new Error("illegal attachments");
      }
      return attachments[value.num];
    }
    for (const key of Object.keys(value)) {
      value[key] = fill(value[key], attachments);
    }
    return value;
  }

  // src/wire/engine-packet.js
  var OPEN = "0";
  var CLOSE = "1";
  var PING = "2";
  var PONG = "3";
  var MESSAGE = "4";
  var NOOP = "6";
  var SEPARATOR = "";
  function encodeFrame({ type, data }) {
    return typeof data === "string" ? type + data : (
      /** @type {ArrayBuffer} */
      data
    );
  }
  function encodeText({ type, data }) {
    return typeof data === "string" ? type + data : "b" + toBase64(
      /** @type {ArrayBuffer} */
      data
    );
  }
  function decodeFrame(frame) {
    if (typeof frame !== "string") {
      return { type: MESSAGE, data: frame };
    }
    if (frame[0] === "b") {
      return { type: MESSAGE, data: fromBase64(frame.slice(1)) };
    }
    if (!/^[0-6]/.test(frame)) {
      throw new Error(frame ? "unknown packet type" : "empty packet");
    }
    return { type: frame[0], data: frame.slice(1) };
  }
  function joinPayload(texts) {
    return texts.join(SEPARATOR);
  }
  function splitPayload(payload) {
    return payload.split(SEPARATOR);
  }
  function textSize({ data }) {
    return typeof data === "string" ? 1 + new TextEncoder().encode(data).length : 1 + Math.ceil(
      /** @type {ArrayBuffer} */
      data.byteLength / 3
    ) * 4;
  }
  function decodeOpen(text) {
    const open = JSON.parse(text);
    const isCount = (value) => Number.isSafeInteger(value) && /** @type {number} */
    value >= 0;
    const { sid, pingInterval, pingTimeout, maxPayload = 0, ack = 0, from = 0 } = open;
    if (typeof sid !== "string" || ![pingInterval, pingTimeout, maxPayload, ack, from].every(isCount)) {
      throw new Error("invalid open packet");
    }
    return open;
  }
  function toBase64(buffer) {
    const bytes = new Uint8Array(buffer);
    let binary2 = "";
    for (let start = 0; start < bytes.length; start += 8192) {
      binary2 += String.fromCharCode(...bytes.subarray(start, start + 8192));
    }
    return btoa(binary2);
  }
  function fromBase64(text) {
    if (text.length % 4 || /\s/.test(text)) {
      throw new Error("invalid base64");
    }
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
  }

  // src/transports/websocket.js
  var SLOW = 65536;
  var WebSocketTransport = class {
    static _isSupported() {
      return typeof WebSocket === "function";
    }
    /** @param {import("./index.js").Host} host */
    constructor(host) {
      this.name = "websocket";
      this._host = host;
      this._socket = void 0;
    }
    get _writable() {
      return this._socket?.readyState === 1;
    }
    get _idle() {
      return this._writable && /** @type {WebSocket} */
      this._socket.bufferedAmount < SLOW;
    }
    _open() {
      const host = this._host;
      const socket = new WebSocket(host._url(this.name).replace(/^http/, "ws"), host._options.protocols || []);
      this._socket = socket;
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => host._received(this, [data]);
      socket.onclose = ({ code, reason }) => host._lost(this, "transport close", { code, reason });
      socket.onerror = (event) => host._lost(this, "transport error", event);
    }
    /** @param {import("../wire/engine-packet.js").Packet[]} packets */
    _send(packets) {
      for (const packet of packets) {
        this._socket.send(encodeFrame(packet));
      }
      return packets.length;
    }
    _close() {
      const socket = this._socket;
      if (socket) {
        socket.onmessage = socket.onclose = null;
        socket.onerror = () => {
        };
        socket.close();
      }
    }
  };

  // src/transports/http-sender.js
  var HTTPSender = class {
    /**
     * @param {import("./index.js").Host} host
     * @param {string} name
     */
    constructor(host, name) {
      this.name = name;
      this._host = host;
      this._aborter = new AbortController();
      this._writable = true;
    }
    get _idle() {
      return this._writable;
    }
    /**
     * @param {RequestInit} init
     * @returns {Promise<string>} the body of an answer that is a success
     */
    async _request(init) {
      const { extraHeaders, withCredentials } = this._host._options;
      const response = await fetch(this._host._url(this.name), {
        headers: extraHeaders,
        credentials: withCredentials ? "include" : "same-origin",
        cache: "no-store",
        signal: this._aborter.signal,
        ...init
      });
      const text = await response.text();
      if (!response.ok) {
        throw Object.assign(new Error(`${this.name} error: HTTP status ${response.status}`), {
          status: response.status,
          body: text
        });
      }
      return text;
    }
    /** @param {import("../wire/engine-packet.js").Packet[]} packets */
    _send(packets) {
      let count = 0;
      for (let size = 0; count < packets.length; count++) {
        size += textSize(packets[count]) + (count && 1);
        if (count && size > this._host._maxPayload) {
          break;
        }
      }
      this._writable = false;
      const self = (
        /** @type {import("./index.js").Transport} */
        /** @type {unknown} */
        this
      );
      const body = joinPayload(packets.slice(0, count).map(encodeText));
      this._request({ method: "POST", body }).then(
        () => {
          this._writable = true;
          this._host._drained(self);
        },
        (error) => this._host._lost(self, "transport error", error)
      );
      return count;
    }
    _close() {
      this._aborter.abort();
    }
  };

  // src/transports/sse.js
  var EventStreamTransport = class extends HTTPSender {
    static _isSupported() {
      return typeof EventSource === "function" && typeof fetch === "function";
    }
    /** @param {import("./index.js").Host} host */
    constructor(host) {
      super(host, "sse");
      this._source = void 0;
    }
    _open() {
      const host = this._host;
      const source = new EventSource(host._url(this.name), { withCredentials: !!host._options.withCredentials });
      this._source = source;
      source.onmessage = ({ data }) => host._received(this, [data]);
      source.onerror = (event) => {
        source.close();
        host._lost(this, "transport error", event);
      };
    }
    /** @override */
    _close() {
      super._close();
      this._source?.close();
    }
  };

  // src/transports/polling.js
  var PollingTransport = class extends HTTPSender {
    static _isSupported() {
      return typeof fetch === "function";
    }
    /** @param {import("./index.js").Host} host */
    constructor(host) {
      super(host, "polling");
    }
    async _open() {
      const { signal } = this._aborter;
      globalThis.addEventListener?.(
        "pagehide",
        ({ persisted }) => persisted || navigator.sendBeacon(this._host._url(this.name), CLOSE),
        { signal }
      );
      while (!signal.aborted && !this._host._closing) {
        let text;
        try {
          text = await this._request({});
        } catch (error) {
          return this._host._lost(this, "transport error", error);
        }
        this._host._received(this, splitPayload(text));
      }
    }
  };

  // src/transports/index.js
  var transports = {
    websocket: WebSocketTransport,
    sse: EventStreamTransport,
    polling: PollingTransport
  };

  // src/session.js
  var stamp = 0;
  var Session = class extends Emitter {
    /**
     * @param {string} base the server's address, with the path
     * @param {import("../martlet.js").ManagerOptions} options
     */
    constructor(base, options) {
      super();
      this.id = void 0;
      this.transport = void 0;
      this._base = base;
      this._options = options;
      this._maxPayload = Infinity;
      this._decoder = new Decoder();
      this._queue = [];
      this._names = [];
      this._candidate = void 0;
      this._timer = void 0;
      this._deadline = Infinity;
      this._patience = 0;
      this._flushing = false;
      this._closing = false;
      this._ended = false;
    }
    /**
     * Tries the transports in this order, until one answers with an open packet.
     *
     * @param {string[]} names
     */
    _open(names) {
      this._names = names.filter((name) => transports[name]?._isSupported());
      this._try(new Error("no transport is available here"));
    }
    /** @param {unknown} error what to report when none is left */
    _try(error) {
      clearTimeout(this._timer);
      const name = this._names.shift();
      if (!name) {
        return this._end("transport error", error);
      }
      const candidate = new transports[name](this);
      this._candidate = candidate;
      if (this._names.length) {
        this._timer = setTimeout(
          () => this._lost(candidate, "timeout", new Error(name + " timeout")),
          this._options.transportTimeout
        );
      }
      try {
        candidate._open();
      } catch (error2) {
        this._lost(candidate, "transport error", error2);
      }
    }
    /**
     * Queues messages. They leave together at the end of the task, in one POST where it is HTTP.
     *
     * @param {(string | ArrayBuffer | Blob)[]} messages
     */
    _send(messages) {
      for (const data of messages) {
        this._push({ type: MESSAGE, data });
      }
    }
    /** Whether what is sent now would leave soon. */
    get _idle() {
      return !!this.transport?._idle && !this._isBroken();
    }
    /** Ends the session when what is queued has left. */
    _close() {
      if (this._ended || this._closing) {
        return;
      }
      this._closing = true;
      if (this.transport) {
        this._push({ type: CLOSE, data: "" });
      } else {
        this._end("forced close");
      }
    }
    /** @param {string} name */
    _url(name) {
      const query = new URLSearchParams({ ...this._options.query, EIO: "4", transport: name });
      if (this.id) {
        query.set("sid", this.id);
      }
      query.set("t", Date.now().toString(36) + "." + (stamp++).toString(36));
      return `${this._base}?${query}`;
    }
    /**
     * What came in together. Nothing of it counts if one of the frames is malformed.
     *
     * @param {Transport} transport
     * @param {(string | ArrayBuffer)[]} frames
     */
    _received(transport, frames) {
      let packets;
      try {
        packets = frames.map(decodeFrame);
      } catch (error) {
        return this._lost(transport, "parse error", error);
      }
      for (const packet of packets) {
        this._handle(transport, packet);
      }
    }
    /**
     * Every packet of every transport comes through here.
     *
     * @param {Transport} transport
     * @param {Packet} packet
     */
    _handle(transport, { type, data }) {
      if (transport === this._candidate) {
        return this._adopt(
          transport,
          type,
          /** @type {string} */
          data
        );
      }
      if (transport !== this.transport) {
        return;
      }
      if (type === MESSAGE) {
        this._dispatch("message", data);
      } else if (type === PING) {
        this._awaitPing();
        this._push({ type: PONG, data: "" });
        this._dispatch("ping");
      } else if (type === CLOSE) {
        this._end("transport close", new Error("closed by the server"));
      } else if (type !== NOOP) {
        this._end("parse error", new Error("unexpected packet"));
      }
    }
    /**
     * The candidate's first packet.
     *
     * @param {Transport} candidate
     * @param {string} type
     * @param {string} data
     */
    _adopt(candidate, type, data) {
      let open;
      try {
        if (type !== OPEN) {
          throw new Error("no open packet");
        }
        open = decodeOpen(data);
      } catch (error) {
        return this._lost(candidate, "parse error", error);
      }
      clearTimeout(this._timer);
      this._candidate = void 0;
      this.transport = candidate;
      this.id = open.sid;
      this._maxPayload = open.maxPayload || Infinity;
      this._patience = open.pingInterval + open.pingTimeout;
      this._awaitPing();
      this._dispatch("open");
      this._flush();
    }
    /** @param {Transport} transport */
    _drained(transport) {
      if (transport === this.transport) {
        this._flush();
      }
    }
    /**
     * @param {Transport} transport
     * @param {string} reason
     * @param {unknown} [details]
     */
    _lost(transport, reason, details) {
      if (transport === this._candidate) {
        transport._close();
        this._try(details instanceof Error ? details : Object.assign(new Error(transport.name + " error"), { details }));
      } else if (transport === this.transport) {
        this._end(reason, details);
      }
    }
    /** @param {Packet} packet */
    _push(packet) {
      if (this._ended) {
        return;
      }
      this._queue.push(packet);
      if (typeof packet.data !== "string" && "arrayBuffer" in packet.data) {
        packet.data.arrayBuffer().then(
          (buffer) => {
            packet.data = buffer;
            this._flush();
          },
          (error) => this._end("transport error", error)
        );
      }
      if (!this._flushing) {
        this._flushing = true;
        queueMicrotask(() => {
          this._flushing = false;
          this._flush();
        });
      }
    }
    _flush() {
      if (this._ended || this._isBroken()) {
        return;
      }
      const queue = this._queue;
      const unread = queue.findIndex(({ data }) => typeof data !== "string" && "arrayBuffer" in data);
      const ready = unread < 0 ? queue : queue.slice(0, unread);
      if (ready.length && this.transport?._writable) {
        queue.splice(0, this.transport._send(ready));
      }
      if (this._closing && !queue.length && this.transport?._writable) {
        this._end("forced close");
      }
    }
    _awaitPing() {
      clearTimeout(this._timer);
      this._deadline = Date.now() + this._patience;
      this._timer = setTimeout(() => this._end("ping timeout"), this._patience);
    }
    /** Nothing may be sent past the deadline: the server has given up the session, and it would be lost. */
    _isBroken() {
      if (Date.now() > this._deadline && !this._ended) {
        this._end("ping timeout");
      }
      return this._ended;
    }
    /**
     * @param {string} reason
     * @param {unknown} [details]
     */
    _end(reason, details) {
      if (this._ended) {
        return;
      }
      this._ended = true;
      clearTimeout(this._timer);
      this._queue = [];
      this._names = [];
      this._candidate?._close();
      this.transport?._close();
      this._candidate = void 0;
      this._dispatch("close", reason, details);
    }
  };

  // src/socket.js
  var Socket = class extends Emitter {
    /**
     * @param {import("./manager.js").Manager} io
     * @param {string} nsp
     * @param {import("../martlet.js").SocketOptions} options
     */
    constructor(io2, nsp, options = {}) {
      super();
      this.io = io2;
      this.nsp = nsp;
      this.auth = options.auth;
      this.id = void 0;
      this.connected = false;
      this.recovered = false;
      this.active = false;
      this.sendBuffer = [];
      this.receiveBuffer = [];
      this._options = { ...io2.opts, ...options };
      this._bufferedBytes = 0;
      this._nextId = 0;
      this._pending = /* @__PURE__ */ new Map();
      this._flags = {};
      this._anyListeners = [];
      this._anyOutgoingListeners = [];
      this._pid = void 0;
      this._lastOffset = void 0;
    }
    get disconnected() {
      return !this.connected;
    }
    connect() {
      if (!this.active) {
        this.active = true;
        this.io._connect(this);
      }
      return this;
    }
    open() {
      return this.connect();
    }
    disconnect() {
      const { connected } = this;
      if (connected) {
        this.io._send(encode({ type: DISCONNECT, nsp: this.nsp }));
      }
      this._leave();
      if (connected) {
        this._closed("io client disconnect");
      }
      return this;
    }
    close() {
      return this.disconnect();
    }
    /**
     * Sends an event. A function as the last argument is called with the acknowledgement.
     *
     * @param {string} event
     * @param {...any} args
     */
    emit(event, ...args) {
      const callback = typeof args[args.length - 1] === "function" ? args.pop() : void 0;
      const takesError = (this._flags.timeout ?? this._options.ackTimeout) !== void 0;
      this._emit([event, ...args], callback && { callback, takesError });
      return this;
    }
    /**
     * @param {string} event
     * @param {...any} args
     * @returns {Promise<any>}
     */
    emitWithAck(event, ...args) {
      return new Promise((resolve, reject) => {
        const callback = (error, value) => error ? reject(error) : resolve(value);
        this._emit([event, ...args], { callback, takesError: true });
      });
    }
    /** @param {...any} args */
    send(...args) {
      return this.emit("message", ...args);
    }
    /** The next event is dropped if it cannot leave soon. */
    get volatile() {
      this._flags.volatile = true;
      return this;
    }
    /**
     * The callback of the next event gets an error as its first argument, if no acknowledgement came in time.
     *
     * @param {number} ms
     */
    timeout(ms) {
      this._flags.timeout = ms;
      return this;
    }
    /**
     * Compression is the browser's and the server's matter; here for pages that call it.
     *
     * @param {boolean} _on
     */
    compress(_on) {
      return this;
    }
    /** @param {Function} listener */
    onAny(listener) {
      this._anyListeners = [...this._anyListeners, listener];
      return this;
    }
    /** @param {Function} listener */
    prependAny(listener) {
      this._anyListeners = [listener, ...this._anyListeners];
      return this;
    }
    /** @param {Function} [listener] */
    offAny(listener) {
      this._anyListeners = without(this._anyListeners, listener);
      return this;
    }
    listenersAny() {
      return this._anyListeners;
    }
    /** @param {Function} listener */
    onAnyOutgoing(listener) {
      this._anyOutgoingListeners = [...this._anyOutgoingListeners, listener];
      return this;
    }
    /** @param {Function} listener */
    prependAnyOutgoing(listener) {
      this._anyOutgoingListeners = [listener, ...this._anyOutgoingListeners];
      return this;
    }
    /** @param {Function} [listener] */
    offAnyOutgoing(listener) {
      this._anyOutgoingListeners = without(this._anyOutgoingListeners, listener);
      return this;
    }
    listenersAnyOutgoing() {
      return this._anyOutgoingListeners;
    }
    /**
     * @param {unknown[]} args
     * @param {Pending} [pending]
     */
    _emit(args, pending) {
      const flags = this._flags;
      this._flags = {};
      if (RESERVED_EVENTS.test(String(args[0]))) {
        throw new Error(`"${args[0]}" is a reserved event name`);
      }
      const id = pending && this._nextId++;
      const messages = encode({ type: EVENT, nsp: this.nsp, id, data: args });
      if (flags.volatile && !(this.connected && this.io._idle)) {
        if (pending?.takesError) {
          run(pending.callback, this, [new Error("the volatile event was dropped")]);
        }
        return;
      }
      const outgoing = { messages, args, id };
      if (!this.connected) {
        this._buffer(outgoing);
      }
      if (pending) {
        this._expect(
          /** @type {number} */
          id,
          pending,
          flags.timeout ?? this._options.ackTimeout
        );
      }
      if (this.connected) {
        this._transmit(outgoing);
      }
    }
    /** @param {Outgoing} outgoing */
    _buffer(outgoing) {
      if (!this.sendBuffer.length) {
        this._bufferedBytes = 0;
      }
      let size = this._bufferedBytes;
      for (const message of outgoing.messages) {
        size += typeof message === "string" ? message.length : "size" in message ? message.size : message.byteLength;
      }
      if (size > this._options.sendBufferLimit) {
        throw new Error("the send buffer is full: sendBufferLimit bytes wait for a connection");
      }
      this._bufferedBytes = size;
      this.sendBuffer.push(outgoing);
    }
    /** @param {Outgoing} outgoing */
    _transmit({ messages, args }) {
      for (const listener of this._anyOutgoingListeners) {
        run(listener, this, args);
      }
      this.io._send(messages);
    }
    /**
     * @param {number} id
     * @param {Pending} pending
     * @param {number} [timeout] ms
     */
    _expect(id, pending, timeout) {
      this._pending.set(id, pending);
      if (timeout !== void 0) {
        pending.timer = setTimeout(() => {
          this._pending.delete(id);
          this.sendBuffer = this.sendBuffer.filter((outgoing) => outgoing.id !== id);
          run(pending.callback, this, [new Error("operation has timed out")]);
        }, timeout);
      }
    }
    /** The manager has a connection. */
    _opened() {
      const { auth, io: io2 } = this;
      const { engine } = io2;
      const handshake = (data) => {
        if (this.active && io2.engine === engine) {
          const recovery = this._pid && { pid: this._pid, offset: this._lastOffset };
          io2._send(encode({ type: CONNECT, nsp: this.nsp, data: recovery ? { ...recovery, ...data } : data }));
        }
      };
      if (typeof auth === "function") {
        auth(handshake);
      } else {
        handshake(auth);
      }
    }
    /**
     * A packet for this namespace.
     *
     * @param {Packet} packet
     */
    _received(packet) {
      const { type, data } = packet;
      if (type === CONNECT) {
        if (data?.sid) {
          this._joined(data.sid, data.pid);
        } else {
          this._dispatch("connect_error", new Error("the server speaks an older Socket.IO protocol"));
        }
      } else if (type === CONNECT_ERROR) {
        this._leave();
        const error = new Error(data.message ?? data);
        this._dispatch("connect_error", Object.assign(error, { data: data.data }));
      } else if (type === DISCONNECT) {
        this._leave();
        this._closed("io server disconnect");
      } else if (type === ACK) {
        this._acknowledged(packet);
      } else if (this.connected) {
        this._event(packet);
      } else {
        this.receiveBuffer.push(packet);
      }
    }
    /**
     * @param {string} id
     * @param {string} [pid]
     */
    _joined(id, pid) {
      this.id = id;
      this.recovered = !!pid && this._pid === pid;
      this._pid = pid;
      this.connected = true;
      const received = this.receiveBuffer;
      const unsent = this.sendBuffer;
      this.receiveBuffer = [];
      this.sendBuffer = [];
      for (const packet of received) {
        this._event(packet);
      }
      for (const outgoing of unsent) {
        this._transmit(outgoing);
      }
      this._dispatch("connect");
    }
    /** @param {Packet} packet */
    _event({ id, data }) {
      const args = [...data];
      if (id !== void 0) {
        let answered = false;
        const acknowledge = (...answer) => {
          if (!answered) {
            answered = true;
            this.io._send(encode({ type: ACK, nsp: this.nsp, id, data: answer }));
          }
        };
        args.push(acknowledge);
      }
      for (const listener of this._anyListeners) {
        run(listener, this, args);
      }
      this._dispatch(.../** @type {[string, ...unknown[]]} */
      args);
      const offset = data[data.length - 1];
      if (this._pid && data.length > 1 && typeof offset === "string") {
        this._lastOffset = offset;
      }
    }
    /** @param {Packet} packet */
    _acknowledged({ id, data }) {
      const pending = this._pending.get(
        /** @type {number} */
        id
      );
      if (pending) {
        this._pending.delete(
          /** @type {number} */
          id
        );
        clearTimeout(pending.timer);
        run(pending.callback, this, pending.takesError ? [null, ...data] : data);
      }
    }
    /** No longer wanted: not after a reconnection either. The manager closes when nobody is left. */
    _leave() {
      this.active = false;
      this.io._disconnect();
    }
    /**
     * The connection is gone, or this namespace's part in it.
     *
     * @param {string} reason
     * @param {unknown} [details]
     */
    _closed(reason, details) {
      if (!this.connected) {
        return;
      }
      this.connected = false;
      this.id = void 0;
      this._dispatch("disconnect", reason, details);
      for (const [id, pending] of this._pending) {
        if (!this.sendBuffer.some((outgoing) => outgoing.id === id)) {
          this._pending.delete(id);
          clearTimeout(pending.timer);
          if (pending.takesError) {
            run(pending.callback, this, [new Error("socket has been disconnected")]);
          }
        }
      }
    }
  };
  function without(listeners, listener) {
    const index = listener ? listeners.indexOf(listener) : -1;
    return listener ? listeners.filter((_, each) => each !== index) : [];
  }

  // src/address.js
  function parseAddress(text = "") {
    const page = (
      /** @type {Location | undefined} */
      globalThis.location
    );
    if (!/^\w+:\/\//.test(text)) {
      if (/^(?!\/\/)(\/|$|\?)/.test(text)) {
        text = "//" + (page?.host ?? "") + text;
      }
      text = (/^(https?:)/.exec(page?.protocol ?? "")?.[0] ?? "https:") + text.replace(/^(\/\/)?/, "//");
    }
    const parts = /^(http|ws)(s?:\/\/[^/?#]+)([^?#]*)(?:\?([^#]*))?/.exec(text);
    if (!parts) {
      throw new Error(`no server in "${text}"`);
    }
    return { origin: "http" + parts[2], nsp: parts[3] || "/", query: parts[4] };
  }

  // src/manager.js
  var defaults = {
    path: "/socket.io/",
    transports: Object.keys(transports),
    reconnection: true,
    reconnectionAttempts: Infinity,
    reconnectionDelay: 1e3,
    reconnectionDelayMax: 5e3,
    randomizationFactor: 0.5,
    timeout: 2e4,
    transportTimeout: 4e3,
    autoConnect: true,
    sendBufferLimit: 16 * 1024 * 1024
  };
  var Manager = class extends Emitter {
    /**
     * @param {string} [address]
     * @param {ManagerOptions} [options]
     */
    constructor(address, options = {}) {
      super();
      const { origin, query } = parseAddress(address);
      this.opts = { ...defaults, query: Object.fromEntries(new URLSearchParams(query)), ...options };
      this.engine = void 0;
      this._base = origin + this.opts.path.replace(/\/?$/, "/");
      this._sockets = /* @__PURE__ */ new Map();
      this._isOpen = false;
      this._reconnecting = false;
      this._stopped = false;
      this._backoff = void 0;
      this._timer = void 0;
      this._preferred = this.opts.rememberTransport ? recall(this._base) : void 0;
      if (this.opts.autoConnect) {
        this.open();
      }
    }
    /** The name of the transport in use. */
    get transport() {
      return this._isOpen ? this.engine?.transport?.name : void 0;
    }
    /**
     * Opens the connection, unless it is open or being opened.
     *
     * @param {(error?: unknown) => void} [callback]
     */
    open(callback) {
      if (this.engine) {
        return this;
      }
      this._stopped = false;
      const session = new Session(this._base, this.opts);
      this.engine = session;
      const { timeout, transports: names } = this.opts;
      const timer = timeout !== false && setTimeout(() => session._end("timeout", new Error("timeout")), timeout);
      session.on("open", () => {
        clearTimeout(
          /** @type {any} */
          timer
        );
        this._opened(session, callback);
      });
      session.on("close", (reason, details) => {
        clearTimeout(
          /** @type {any} */
          timer
        );
        if (session !== this.engine) {
          return;
        }
        if (this._isOpen) {
          this._closed(reason, details);
        } else {
          this._failed(details, callback);
        }
      });
      session.on("ping", () => this._dispatch("ping"));
      session.on("message", (message) => this._received(session, message));
      const first = this._preferred;
      session._open(first ? [first, ...names.filter((name) => name !== first)] : names);
      return this;
    }
    connect() {
      return this.open();
    }
    /**
     * A socket for a namespace; the same one for the same name.
     *
     * @param {string} nsp
     * @param {import("../martlet.js").SocketOptions} [options]
     */
    socket(nsp, options) {
      let socket = this._sockets.get(nsp);
      if (!socket) {
        socket = new Socket(this, nsp, options);
        this._sockets.set(nsp, socket);
      }
      if (this.opts.autoConnect) {
        socket.connect();
      }
      return socket;
    }
    /** Closes the connection, for all namespaces, and does not reconnect. */
    close() {
      this._stopped = true;
      this._reconnecting = false;
      this._drop("forced close");
    }
    disconnect() {
      this.close();
    }
    /**
     * Moves to another transport, and prefers it from now on. In this version it is a reconnection: sockets see a
     * `disconnect` and a `connect`, and what was under way may be lost.
     *
     * @param {string} name
     * @returns {Promise<void>} fulfilled when it is in use; rejected when another had to be taken instead
     */
    async switchTransport(name) {
      if (!transports[name]?._isSupported()) {
        throw new Error(`no transport "${name}" here`);
      }
      this._preferred = name;
      if (this.transport === name) {
        return;
      }
      const taken = new Promise((resolve) => this.once("transport", resolve));
      if (this.engine || this._reconnecting) {
        this._reconnecting = true;
        this._drop("transport close", new Error("transport switch"));
        this.open();
      }
      const used = await taken;
      if (used !== name) {
        throw new Error(`${name} failed, ${used} is in use`);
      }
    }
    /** Whether what is sent now would leave soon. */
    get _idle() {
      return this._isOpen && !!this.engine?._idle;
    }
    /** @param {(string | ArrayBuffer | Blob)[]} messages */
    _send(messages) {
      if (this._isOpen) {
        this.engine?._send(messages);
      }
    }
    /** @param {Socket} socket */
    _connect(socket) {
      if (this._isOpen) {
        socket._opened();
      } else if (!this._reconnecting) {
        this.open();
      }
    }
    /** A socket has left. */
    _disconnect() {
      if (!this._active().length) {
        this.close();
      }
    }
    _active() {
      return [...this._sockets.values()].filter((socket) => socket.active);
    }
    /**
     * @param {Session} session
     * @param {((error?: unknown) => void) | undefined} callback
     */
    _opened(session, callback) {
      const name = (
        /** @type {string} */
        session.transport?.name
      );
      this._isOpen = true;
      this._reconnecting = false;
      if (this.opts.rememberTransport) {
        this._preferred = name;
        remember(this._base, name);
      }
      for (const socket of this._active()) {
        socket._opened();
      }
      this._dispatch("open");
      callback?.();
      this._dispatch("transport", name);
    }
    /**
     * @param {Session} session
     * @param {string | ArrayBuffer} message
     */
    _received(session, message) {
      if (session !== this.engine) {
        return;
      }
      let packet;
      try {
        packet = session._decoder._add(message);
      } catch (error) {
        return this._drop("parse error", error);
      }
      const socket = packet && this._sockets.get(packet.nsp);
      if (socket?.active) {
        socket._received(
          /** @type {import("./wire/socket-packet.js").Packet} */
          packet
        );
      }
    }
    /**
     * No session came about.
     *
     * @param {unknown} error
     * @param {((error?: unknown) => void) | undefined} callback
     */
    _failed(error, callback) {
      this.engine = void 0;
      this._dispatch("error", error);
      for (const socket of this._active()) {
        socket._dispatch("connect_error", error);
      }
      if (callback) {
        callback(error);
      } else {
        this._reconnecting = false;
        this._reconnect();
      }
    }
    /**
     * The session has ended.
     *
     * @param {string} reason
     * @param {unknown} [details]
     */
    _closed(reason, details) {
      this.engine = void 0;
      this._isOpen = false;
      this._backoff = void 0;
      for (const socket of this._active()) {
        socket._closed(reason, details);
      }
      this._dispatch("close", reason, details);
      this._reconnect();
    }
    /**
     * Leaves the session behind: it says goodbye by itself.
     *
     * @param {string} reason
     * @param {unknown} [details]
     */
    _drop(reason, details) {
      clearTimeout(this._timer);
      const { engine } = this;
      this.engine = void 0;
      engine?._close();
      if (this._isOpen) {
        this._closed(reason, details);
      }
    }
    _reconnect() {
      if (this._reconnecting || this._stopped || this.engine || !this.opts.reconnection) {
        return;
      }
      const { reconnectionDelay, reconnectionDelayMax, randomizationFactor, reconnectionAttempts } = this.opts;
      const backoff = this._backoff ??= new Backoff(reconnectionDelay, reconnectionDelayMax, randomizationFactor);
      if (backoff._attempts >= reconnectionAttempts) {
        this._backoff = void 0;
        this._dispatch("reconnect_failed");
        return;
      }
      this._reconnecting = true;
      this._timer = setTimeout(() => {
        const attempt = backoff._attempts;
        this._dispatch("reconnect_attempt", attempt);
        if (this._stopped) {
          return;
        }
        this.open((error) => {
          this._reconnecting = false;
          if (error) {
            this._dispatch("reconnect_error", error);
            this._reconnect();
          } else {
            this._backoff = void 0;
            this._dispatch("reconnect", attempt);
          }
        });
      }, backoff._next());
    }
  };
  for (const name of [
    "reconnection",
    "reconnectionAttempts",
    "reconnectionDelay",
    "reconnectionDelayMax",
    "randomizationFactor",
    "timeout"
  ]) {
    Manager.prototype[name] = function(value) {
      if (value === void 0) {
        return this.opts[name];
      }
      this.opts[name] = value;
      return this;
    };
  }
  function recall(base) {
    try {
      return localStorage.getItem("martlet:" + base) ?? void 0;
    } catch {
    }
  }
  function remember(base, name) {
    try {
      localStorage.setItem("martlet:" + base, name);
    } catch {
    }
  }

  // src/index.js
  var protocol = 5;
  var managers = /* @__PURE__ */ new Map();
  function io(address, options = {}) {
    if (typeof address === "object") {
      return io(void 0, address);
    }
    const { origin, nsp } = parseAddress(address);
    const key = origin + (options.path ?? "");
    const known = managers.get(key);
    if (options.forceNew || options.multiplex === false || known?._sockets.has(nsp)) {
      return new Manager(address, options).socket(nsp, options);
    }
    const manager = known ?? new Manager(address, options);
    managers.set(key, manager);
    return manager.socket(nsp, options);
  }
  io.io = io;
  io.connect = io;
  io.Manager = Manager;
  io.Socket = Socket;
  io.protocol = protocol;

  // src/classic.js
  Object.assign(globalThis, { io, martlet: io });
})();
