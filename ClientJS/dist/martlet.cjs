/*! Martlet, Apache-2.0 */
"use strict";
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// src/index.js
var src_exports = {};
__export(src_exports, {
  Manager: () => Manager,
  Socket: () => Socket,
  connect: () => io,
  default: () => io,
  io: () => io,
  protocol: () => protocol
});
module.exports = __toCommonJS(src_exports);

// src/acknowledgement-window.js
var MESSAGES = 64;
var BYTES = 65536;
function sizeOf(data) {
  return (
    /** @type {string} */
    data.length ?? /** @type {Blob} */
    data.size ?? /** @type {ArrayBuffer} */
    data.byteLength
  );
}
var AcknowledgementWindow = class {
  /** The unacknowledged bytes at which nothing more is handed over; 0 in a plain session. */
  _buffer = 0;
  /**
   * The messages from number `_acknowledged` + 1 on.
   *
   * @type {Message[]}
   */
  _queue = [];
  /** The size of all messages in `_queue`, in bytes. */
  _bytes = 0;
  /** How many messages the peer has acknowledged. */
  _acknowledged = 0;
  /** The number of the last message sent on the stream in use. */
  _sent = 0;
  /** The size of the messages sent on the stream in use and not acknowledged, in bytes. */
  _flying = 0;
  /** The highest number of a message handed over on any stream. */
  _handed = 0;
  /** How many messages have come in. */
  _received = 0;
  /** How many of the incoming messages were acknowledged to the peer. */
  _reported = 0;
  /** The size of the incoming messages since the last acknowledgement, in bytes. */
  _unreported = 0;
  /** @param {Message} message */
  _push(message) {
    this._queue.push(message);
    this._bytes += sizeOf(message.data);
    return message;
  }
  /** Whether the peer must acknowledge before more messages go out. One message may always go out, however large. */
  get _isFull() {
    return this._buffer > 0 && this._flying >= this._buffer;
  }
  /** The messages that may be handed over next, in order. */
  _next() {
    const next2 = [];
    let bytes = this._flying;
    while (!this._buffer || bytes < this._buffer) {
      const message = this._queue[this._sent - this._acknowledged + next2.length];
      if (!message || message._isHeld) {
        break;
      }
      next2.push(message);
      bytes += sizeOf(message.data);
    }
    return next2;
  }
  /**
   * Removes messages that are held.
   *
   * @param {Message[]} messages the messages of one packet
   * @returns {boolean} whether they were in the queue; `_recall` may have removed them
   */
  _remove(messages) {
    const index = this._queue.indexOf(messages[0]);
    if (index < 0) {
      return false;
    }
    for (const { data } of this._queue.splice(index, messages.length)) {
      this._bytes -= sizeOf(data);
    }
    return true;
  }
  /** @param {number} count how many messages of `_next` went out */
  _took(count) {
    for (const end = this._sent + count; this._sent < end; this._sent++) {
      this._flying += sizeOf(this._queue[this._sent - this._acknowledged].data);
    }
    this._handed = Math.max(this._handed, this._sent);
    if (!this._buffer) {
      this._trim(this._sent);
    }
  }
  /** How many messages have not gone out on the stream in use. */
  get _unsent() {
    return this._queue.length + this._acknowledged - this._sent;
  }
  /**
   * The peer acknowledges messages. Throws if the count exceeds the messages ever sent; an earlier count is ignored.
   *
   * @param {number} count
   */
  _trim(count) {
    if (count > this._handed) {
      throw Error("invalid packet");
    }
    for (const { data } of this._queue.splice(0, Math.max(0, count - this._acknowledged))) {
      const size = sizeOf(data);
      this._bytes -= size;
      if (this._acknowledged++ < this._sent) {
        this._flying -= size;
      }
    }
    this._sent = Math.max(this._sent, this._acknowledged);
  }
  /**
   * Another stream begins: all messages that are not acknowledged go out again. Throws if the two sides do not fit
   * together.
   *
   * @param {number} from the number of the message before the first one that will come in
   * @param {number} ack how many messages the peer has received
   * @param {boolean} isNumbered whether outgoing messages carry their numbers. Then `ack` may lag behind the
   *     acknowledgement in the answer to a POST, and the higher count holds
   */
  _attach(from, ack, isNumbered) {
    if (from > this._received || ack < this._acknowledged && !isNumbered) {
      throw Error("broken session");
    }
    this._trim(ack);
    this._sent = this._acknowledged;
    this._flying = 0;
  }
  /**
   * Whether a message that came in is new. Throws if one before it is missing.
   *
   * @param {number} number its number, which follows from its place on the stream
   * @param {Data} data
   */
  _take(number, data) {
    if (number > this._received + 1) {
      throw Error("broken session");
    }
    if (number <= this._received) {
      return false;
    }
    this._received = number;
    this._unreported += sizeOf(data);
    return true;
  }
  /** Whether the incoming messages must be acknowledged now. */
  get _isDue() {
    return this._received - this._reported >= MESSAGES || this._unreported >= Math.min(BYTES, this._buffer / 4);
  }
  /** @param {number} count how many messages are being acknowledged; during an attach maybe fewer than came in */
  _report(count) {
    this._reported = count;
    if (count === this._received) {
      this._unreported = 0;
    }
    return count;
  }
  /** At the end of the session: removes the messages that were never handed over, and returns their owners. */
  _recall() {
    const messages = this._queue.splice(this._handed - this._acknowledged);
    return messages.flatMap(({ owner }) => owner ?? []);
  }
};

// src/wire/socket-packet.js
var CONNECT = 0;
var DISCONNECT = 1;
var EVENT = 2;
var ACK = 3;
var CONNECT_ERROR = 4;
var BINARY = 3;
var RESERVED_EVENTS = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/;
function binary(value) {
  if (value instanceof ArrayBuffer) {
    return value.slice(0);
  }
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice().buffer;
  }
  if (value instanceof Blob) {
    return value;
  }
}
function encode({ type, nsp, id, data }) {
  const attachments = [];
  const json = data === void 0 ? "" : JSON.stringify(data, function(key, value) {
    const bytes = binary(this[key]);
    return bytes ? { "_placeholder": true, num: attachments.push(bytes) - 1 } : value;
  });
  const head = attachments.length ? `${type + BINARY}${attachments.length}-` : type;
  return [head + (nsp === "/" ? "" : nsp + ",") + (id ?? "") + json, ...attachments];
}
function encodeConnect(nsp, auth, recovery) {
  const messages = encode({ type: CONNECT, nsp, data: recovery ? { ...recovery, ...auth } : auth || void 0 });
  if (messages[1] || auth && (!isObject(auth) || binary(auth))) {
    throw Error("auth is not an object without binary data");
  }
  return messages;
}
var Decoder = class {
  /** @type {Packet | undefined} */
  _partial;
  /** @type {ArrayBuffer[]} */
  _attachments = [];
  _expected = 0;
  /** @param {number} maxAttachments the most attachments of one packet */
  constructor(maxAttachments) {
    this._maxAttachments = maxAttachments;
  }
  /**
   * Throws if the message is malformed; the caller must then close the session.
   *
   * @param {string | ArrayBuffer} message
   * @returns {Packet | undefined} undefined while attachments are outstanding
   */
  _add(message) {
    if (typeof message === "string") {
      if (this._partial) {
        throw Error("illegal attachments");
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
        throw Error("illegal attachments");
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
    const parts = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*),?)?(\d*)(.*)/s.exec(text);
    if (!parts) {
      throw Error("invalid packet");
    }
    const [, digit, count, nsp, digits, json] = parts;
    const isBinary = +digit > CONNECT_ERROR;
    if (isBinary !== !!count) {
      throw Error("illegal attachments");
    }
    this._expected = +(count ?? 0);
    if (this._expected > this._maxAttachments) {
      throw Error("too many attachments");
    }
    const type = isBinary ? +digit - BINARY : +digit;
    const id = digits ? +digits : void 0;
    const data = json ? JSON.parse(json) : void 0;
    if (id && !Number.isSafeInteger(id) || !isValid[type](data)) {
      throw Error("invalid payload");
    }
    return { type, nsp: nsp || "/", id, data };
  }
};
var isName = (value) => /string|number/.test(typeof value);
var isObject = (data) => data && typeof data === "object" && !Array.isArray(data);
var isValid = [
  (data) => data === void 0 || isObject(data),
  (data) => data === void 0,
  (data) => Array.isArray(data) && isName(data[0]) && !RESERVED_EVENTS.test(data[0]),
  Array.isArray,
  (data) => typeof data === "string" || isObject(data)
];
function fill(value, attachments) {
  if (Object(value) !== value) {
    return value;
  }
  if (value["_placeholder"] === true) {
    if (!(value.num in attachments) || typeof value.num !== "number") {
      throw Error("illegal attachments");
    }
    return attachments[value.num];
  }
  for (const key of Object.keys(value)) {
    value[key] = fill(value[key], attachments);
  }
  return value;
}

// src/emitter.js
function report(error) {
  queueMicrotask(() => {
    throw error;
  });
}
function run(callback, self, args) {
  try {
    callback.apply(self, args);
  } catch (error) {
    report(error);
  }
}
var Emitter = class {
  /** @type {Map<string, Listener[]>} */
  _listeners = /* @__PURE__ */ new Map();
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
    const wrapper = (...args) => {
      this.off(event, wrapper);
      listener.apply(this, args);
    };
    wrapper._original = listener;
    return this.on(event, wrapper);
  }
  /**
   * Removes one listener, all listeners of an event, or all listeners.
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
      const listeners = this.listeners(event);
      const index = listeners.findIndex((each) => each === listener || each._original === listener);
      this._listeners.set(event, listeners.filter((_, place) => place !== index));
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
   * Calls the listeners of an event; nothing goes to the server.
   *
   * @param {string} event
   * @param {...unknown} args
   */
  _dispatch(event, ...args) {
    this._tell(this.listeners(event), args);
  }
  /**
   * @param {Listener[]} listeners
   * @param {unknown[]} args
   */
  _tell(listeners, args) {
    for (const listener of listeners) {
      run(listener, this, args);
    }
  }
};
var { on, off } = Emitter.prototype;
Object.assign(Emitter.prototype, {
  addEventListener: on,
  removeListener: off,
  removeEventListener: off,
  removeAllListeners: off
});

// src/catch-all-emitter.js
var CatchAllEmitter = class extends Emitter {
  _catchAll = new Emitter();
};
for (const kind of ["Any", "AnyOutgoing"]) {
  Object.assign(CatchAllEmitter.prototype, {
    /** @this {CatchAllEmitter} @param {Function} listener */
    ["on" + kind](listener) {
      this._catchAll.on(kind, listener);
      return this;
    },
    /** @this {CatchAllEmitter} @param {Function} listener */
    ["prepend" + kind](listener) {
      this._catchAll._listeners.set(kind, [listener, ...this._catchAll.listeners(kind)]);
      return this;
    },
    /** @this {CatchAllEmitter} @param {Function} [listener] */
    ["off" + kind](listener) {
      this._catchAll.off(kind, listener);
      return this;
    },
    /** @this {CatchAllEmitter} */
    ["listeners" + kind]() {
      return this._catchAll.listeners(kind);
    }
  });
}

// src/event-sender.js
var EventSender = class extends CatchAllEmitter {
  connected = false;
  /**
   * The events that wait for a connection.
   *
   * @type {Outgoing[]}
   */
  sendBuffer = [];
  /** The size of `sendBuffer` in bytes. */
  _bytes = 0;
  /**
   * With `retries`: the events that the server has not acknowledged. The first is sent, again and again until it is,
   * and only then the next.
   *
   * @type {Outgoing[]}
   */
  _queue = [];
  /** The size of `_queue` in bytes. */
  _queued = 0;
  _nextId = 0;
  /**
   * The pending acknowledgements, by the event's id.
   *
   * @type {Map<number | undefined, Settle>}
   */
  _pending = /* @__PURE__ */ new Map();
  /**
   * The settings of the next event from `volatile` and `timeout`.
   *
   * @type {{_isVolatile?: boolean, _timeout?: number}}
   */
  _flags = {};
  /**
   * @param {import("./manager.js").Manager} io
   * @param {string} nsp
   * @param {import("../martlet.js").SocketOptions} options those that are missing are the manager's
   */
  constructor(io2, nsp, { ackTimeout, retries }) {
    super();
    this.io = io2;
    this.nsp = nsp;
    this._ackTimeout = ackTimeout ?? io2.opts.ackTimeout;
    this._retries = retries ?? io2.opts.retries ?? 0;
  }
  /**
   * Sends an event. A function as the last argument is called with the acknowledgement.
   *
   * @param {string} event
   * @param {...any} args
   */
  emit(event, ...args) {
    const callback = typeof args[args.length - 1] === "function" ? args.pop() : void 0;
    this._emit([event, ...args], callback);
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
      this._emit([event, ...args], callback, true);
    });
  }
  /** @param {...any} args */
  send(...args) {
    return this.emit("message", ...args);
  }
  /** The next event is dropped if it cannot leave soon. */
  get volatile() {
    this._flags._isVolatile = true;
    return this;
  }
  /**
   * The callback of the next event gets an error as its first argument, if no acknowledgement came in time.
   *
   * @param {number} ms
   */
  timeout(ms) {
    this._flags._timeout = ms;
    return this;
  }
  /**
   * Does nothing: browser and server decide on compression. Exists for pages that call it.
   *
   * @param {boolean} _on
   */
  compress(_on) {
    return this;
  }
  /**
   * @param {unknown[]} args
   * @param {Function} [callback]
   * @param {boolean} [takesError] whether the callback takes an error first; with a timeout it always does
   */
  _emit(args, callback, takesError) {
    const { io: io2, _flags: flags } = this;
    this._flags = {};
    const [event] = args;
    if (!isName(event)) {
      throw Error("event names are strings");
    }
    if (RESERVED_EVENTS.test(
      /** @type {string} */
      event
    )) {
      throw Error(`"${event}" is a reserved event name`);
    }
    const isQueued = this._retries > 0 && !flags._isVolatile;
    const id = callback || isQueued ? this._nextId++ : void 0;
    const messages = this._encode(EVENT, id, args);
    const isDropped = flags._isVolatile && !(this.connected && io2.engine?._idle);
    const outgoing = {
      _socket: this,
      _messages: messages,
      _size: messages.reduce((sum, message) => sum + sizeOf(message), 0),
      _args: args,
      id,
      _fail: (error) => this._settle(id, error) || report(error)
    };
    if (!this.sendBuffer.length) {
      this._bytes = 0;
    }
    if (!isDropped && this._bytes + this._queued + io2._waiting + outgoing._size > io2.opts.sendBufferLimit) {
      throw Error("the send buffer is full");
    }
    if (id !== void 0) {
      let timer;
      let retries = isQueued ? this._retries : 0;
      const timeout = flags._timeout ?? this._ackTimeout;
      takesError ||= isQueued || timeout !== void 0;
      const settle = (error, data = []) => {
        this._pending.delete(id);
        clearTimeout(timer);
        const isFinal = !error || retries-- <= 0;
        if (isQueued && isFinal) {
          this._queue.shift();
          this._queued -= outgoing._size;
        }
        const isHeard = isFinal && callback && (takesError || !error);
        if (isHeard) {
          const thrown = (
            /** @type {any} */
            data[0]?.error
          );
          const failure = thrown?.name == "EventError" ? Object.assign(Error(), thrown) : error;
          run(callback, this, takesError ? [failure, ...data] : data);
        }
        this._drain();
        return isHeard || !isFinal;
      };
      const start = () => {
        if (timeout !== void 0) {
          timer = setTimeout(() => {
            this.sendBuffer = this.sendBuffer.filter((outgoing2) => outgoing2.id !== id);
            this._settle(id, Error("operation has timed out"));
          }, timeout);
        }
        this._pending.set(id, settle);
      };
      if (isQueued) {
        outgoing._start = start;
        this._queued += outgoing._size;
        this._queue.push(outgoing);
        return this._drain();
      }
      start();
    }
    if (isDropped) {
      this._settle(id, Error("volatile event dropped"));
    } else {
      this._send(outgoing);
    }
  }
  /** Sends the first event of the queue, unless it is under way. */
  _drain() {
    const [first] = this._queue;
    if (this.connected && first && !this._pending.has(first.id)) {
      first._start?.();
      this._send(first);
    }
  }
  /**
   * The messages of a packet. Throws if a server would answer the packet by closing the connection.
   *
   * @param {number} type
   * @param {number} [id]
   * @param {unknown[]} [data]
   */
  _encode(type, id, data) {
    const messages = encode({ type, nsp: this.nsp, id, data });
    if (messages.length > this.io.opts.maxAttachments + 1) {
      throw Error("too many attachments");
    }
    return messages;
  }
  /** @param {Outgoing} outgoing stays in the queue, if it is there */
  _buffer(outgoing) {
    if (!outgoing._start) {
      this._bytes += outgoing._size;
      this.sendBuffer.push(outgoing);
    }
  }
  /** @param {Outgoing} outgoing */
  _send(outgoing) {
    const { _messages, _args } = outgoing;
    if (this.connected && _args) {
      outgoing._args = void 0;
      this._tell(this._catchAll.listeners("AnyOutgoing"), _args);
    }
    if (this.connected) {
      this.io._send(_messages, outgoing);
    } else {
      this._buffer(outgoing);
    }
  }
  /**
   * Settles a callback, if it still waits for its acknowledgement.
   *
   * @param {number | undefined} id
   * @param {unknown} error why there is no acknowledgement; a callback that takes no error is then dropped without a
   *     call
   * @param {unknown[]} [data] the acknowledgement
   * @returns {boolean | undefined} whether the callback was called
   */
  _settle(id, error, data) {
    return this._pending.get(id)?.(error, data);
  }
};

// src/wire/engine-packet.js
var OPEN = 0;
var CLOSE = 1;
var PING = 2;
var PONG = 3;
var MESSAGE = 4;
var NOOP = 6;
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
function decodeFrame(frame, isPlain = true) {
  if (typeof frame !== "string") {
    return { type: MESSAGE, data: frame };
  }
  const data = frame.slice(1);
  if (frame[0] === "b") {
    return { type: MESSAGE, data: fromBase64(data) };
  }
  if (frame[0] === "t" && !isPlain) {
    return { type: MESSAGE, data: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(fromBase64(data)) };
  }
  if (!/^[0-6]/.test(frame)) {
    throw Error("invalid packet");
  }
  return { type: +frame[0], data };
}
function decodeCount(text) {
  if (!/^(0|[1-9]\d*)$/.test(text) || !isCount(+text)) {
    throw Error("invalid packet");
  }
  return +text;
}
function isCount(value) {
  return Number.isSafeInteger(value) && /** @type {number} */
  value >= 0;
}
function decodeOpen(text) {
  const open = { maxPayload: 0, ack: 0, from: 0, ...JSON.parse(text) };
  const { sid, pingInterval, pingTimeout, maxPayload, ack, from } = open;
  if (typeof sid !== "string" || ![pingInterval, pingTimeout, maxPayload, ack, from].every(isCount)) {
    throw Error("invalid packet");
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
    throw Error("invalid packet");
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}

// src/transports/options.js
function optionsOf({ name, _host: { _options } }) {
  return { ..._options, .../** @type {Record<string, object> | undefined} */
  _options.transportOptions?.[name] };
}

// src/transports/http-sender.js
var HTTPSender = class {
  _aborter = new AbortController();
  _writable = true;
  _position = 0;
  _isNumbered = true;
  /** @param {import("./index.js").Host} host */
  constructor(host) {
    this._host = host;
  }
  get _idle() {
    return this._writable;
  }
  /**
   * @this {HTTPTransport}
   * @param {RequestInit} init
   * @returns {Promise<string>} the body of an answer that is a success
   */
  async _request(init) {
    const { extraHeaders, withCredentials } = optionsOf(this);
    const response = await fetch(this._host._url(this, !!init.body), {
      headers: extraHeaders,
      credentials: withCredentials ? "include" : "same-origin",
      signal: this._aborter.signal,
      ...init
    });
    const text = await response.text();
    if (!response.ok) {
      throw Object.assign(Error(`${this.name} error: HTTP status ${response.status}`), {
        status: response.status,
        body: text,
        // An answer of a proxy does not end the session (PROTOCOL 4).
        code: response.status === 400 && /^{"code":1\D/.test(text) ? 1 : void 0
      });
    }
    return text;
  }
  /**
   * @this {HTTPTransport}
   * @param {import("../wire/engine-packet.js").Packet[]} packets
   */
  _send(packets) {
    const texts = [];
    let size = -1;
    for (const packet of packets) {
      const text = encodeText(packet);
      size += 1 + new TextEncoder().encode(text).length;
      if (texts.length && size > /** @type {number} */
      this._host._maxPayload) {
        break;
      }
      texts.push(text);
    }
    this._writable = false;
    this._request({ method: "POST", body: texts.join(SEPARATOR) }).then(
      (answer) => {
        this._writable = true;
        this._host._drained?.(this, answer);
      },
      (error) => this._host._lost(this, "transport error", error)
    );
    return texts.length;
  }
  /** @this {HTTPTransport} */
  _leave() {
    navigator.sendBeacon(this._host._url(this, true), `${CLOSE}`);
  }
  _close() {
    this._aborter.abort();
  }
};

// src/transports/sse.js
var EventStreamTransport = class extends HTTPSender {
  name = "sse";
  _patience = 1;
  /** @type {EventSource | undefined} */
  _source;
  _open() {
    const source = new EventSource(this._host._url(this), optionsOf(this));
    this._source = source;
    source.onmessage = ({ data }) => this._host._received(this, [data]);
    source.onerror = (event) => this._host._lost(this, "transport error", event);
  }
  /** @override */
  _close() {
    super._close();
    this._source?.close();
  }
};

// src/transports/websocket.js
var WebSocketTransport = class {
  name = "websocket";
  _patience = 1;
  _position = 0;
  _isNumbered = false;
  /** @type {WebSocket | undefined} */
  _socket;
  /** @param {import("./index.js").Host} host */
  constructor(host) {
    this._host = host;
  }
  get _writable() {
    return this._socket?.readyState === 1;
  }
  /** From 65,536 unsent bytes on the connection counts as slow, and volatile events are dropped. */
  get _idle() {
    return this._writable && /** @type {WebSocket} */
    this._socket.bufferedAmount < 65536;
  }
  _open() {
    const socket = new WebSocket(this._host._url(this).replace(/^http/, "ws"), optionsOf(this).protocols || []);
    this._socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this._host._received(this, [data]);
    socket.onclose = (event) => this._host._lost(this, "transport close", event);
    socket.onerror = (event) => this._host._lost(this, "transport error", event);
  }
  /** @param {import("../wire/engine-packet.js").Packet[]} packets */
  _send(packets) {
    for (const packet of packets) {
      this._socket.send(encodeFrame(packet));
    }
    return packets.length;
  }
  _leave() {
    if (this._writable) {
      this._send([{ type: CLOSE, data: "" }]);
    }
  }
  _close() {
    this._socket?.close();
  }
};

// src/transports/polling.js
var PollingTransport = class extends HTTPSender {
  name = "polling";
  /** The first answer counts only when its whole body has arrived, so opening takes longer. */
  _patience = 3;
  async _open() {
    const { signal } = this._aborter;
    while (!signal.aborted && !this._host._closing) {
      let text;
      try {
        text = await this._request({});
      } catch (error) {
        return this._host._lost(this, "transport error", error);
      }
      this._host._received(this, text.split(SEPARATOR));
      while (this._host._over) {
        await this._host._over;
      }
    }
  }
};

// src/transports/index.js
var transports = {
  websocket: WebSocketTransport,
  sse: EventStreamTransport,
  polling: PollingTransport
};
var needs = { websocket: "WebSocket", sse: "EventSource", polling: "fetch" };
var isSupported = (name) => !!/** @type {Record<string, unknown>} */
globalThis[needs[name]];

// src/options.js
var defaults = {
  path: "/socket.io/",
  transports: Object.keys(transports),
  reconnection: true,
  reconnectionAttempts: Infinity,
  reconnectionDelayMax: 5e3,
  reconnectionDelay: 1e3,
  randomizationFactor: 0.5,
  timeout: 2e4,
  transportTimeout: 4e3,
  rememberTransport: true,
  climbDelayMax: 3e5,
  climbDelay: 5e3,
  upgrade: true,
  timestampRequests: true,
  timestampParam: "t",
  autoConnect: true,
  maxAttachments: 10,
  sendBufferLimit: 2 ** 24
};
var known = [
  ...Object.keys(defaults),
  ...["addTrailingSlash", "query", "extraHeaders", "withCredentials", "protocols", "transportOptions"],
  ...["auth", "ackTimeout", "retries", "forceNew", "multiplex"]
];
var warned = /* @__PURE__ */ new Set();
var isNear = (a, b, edits) => a === b || (a[0] === b[0] ? isNear(a.slice(1), b.slice(1), edits) : (
  // One more in `b`, one more in `a`, or another one.
  edits > 0 && [2, 1, 3].some((cut) => isNear(a.slice(cut & 1), b.slice(cut >> 1), edits - 1))
));
function check(options) {
  for (const name of Object.keys(options)) {
    if (!known.includes(name) && !warned.has(name)) {
      warned.add(name);
      const near = known.find((each) => isNear(name, each, 2));
      console.warn(`Martlet ignores the option "${name}"` + (near ? `: is it "${near}"?` : ""));
    }
  }
}

// src/socket.js
var Socket = class extends EventSender {
  /** @type {string | undefined} */
  id;
  /** Whether the missed events of an interrupted connection were replayed (connection state recovery). */
  recovered = false;
  /** True from `connect` until `disconnect` or the server's refusal. */
  _wanted = false;
  /**
   * The present visit. Packets and callbacks of an earlier visit are ignored.
   *
   * @type {Visit | undefined}
   */
  _visit;
  /**
   * The visit whose handshake was sent and is not answered yet: the present visit, or one that was left.
   *
   * @type {Visit | undefined}
   */
  _asking;
  /**
   * The session in which the socket last sent a handshake that was not refused.
   *
   * @type {object | undefined}
   */
  _greeted;
  /**
   * The events that came before the answer to the handshake.
   *
   * @type {Packet[]}
   */
  receiveBuffer = [];
  /** @type {string | undefined} */
  _pid;
  /** @type {string | undefined} */
  _lastOffset;
  /**
   * @param {import("./manager.js").Manager} io
   * @param {string} nsp
   * @param {import("../martlet.js").SocketOptions | null} [options]
   */
  constructor(io2, nsp, options) {
    super(io2, nsp, options ??= {});
    check(options);
    this.auth = options.auth;
  }
  get disconnected() {
    return !this.connected;
  }
  /** Whether the socket is connected, or will be by itself when the server is reached. */
  get active() {
    return this._wanted && this.io._isBusy;
  }
  connect() {
    this._wanted = true;
    if (!this.io._isBusy) {
      this.io.open();
    }
    this._opened();
    return this;
  }
  open() {
    return this.connect();
  }
  disconnect() {
    const { connected } = this;
    if (connected) {
      this.io._send(this._encode(DISCONNECT));
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
   * Sends the handshake of the namespace, when there is a connection. If a visit was left before its handshake was
   * answered, that answer comes first: a server that gets packets for a namespace which it has not answered yet may
   * close the connection, and with it all other namespaces.
   */
  _opened() {
    const { auth, io: io2 } = this;
    const { engine } = io2;
    if (this._greeted !== engine) {
      this._asking = void 0;
    }
    if (!io2._isOpen || this._visit || this._asking) {
      return;
    }
    const visit = this._visit = {};
    const isPending = () => visit === this._visit && visit._isFirst === void 0;
    const fail = (error) => {
      if (isPending()) {
        setTimeout(() => isPending() && this._failed(error));
      } else {
        report(error);
      }
    };
    const handshake = (data) => {
      if (!isPending()) {
        return;
      }
      const isFirst = this._greeted !== engine;
      const recovery = isFirst && this._pid && { pid: this._pid, offset: this._lastOffset };
      try {
        const messages = encodeConnect(this.nsp, data, recovery);
        visit._isFirst = isFirst;
        this.receiveBuffer = [];
        this._greeted = engine;
        this._asking = visit;
        io2._send(messages);
      } catch (error) {
        fail(error);
      }
    };
    const greet = async () => typeof auth === "function" ? auth(handshake) : handshake(auth);
    greet().catch(fail);
  }
  /**
   * A packet for this namespace.
   *
   * @param {Packet} packet
   */
  _received(packet) {
    const { type } = packet;
    if (type === CONNECT || type === CONNECT_ERROR) {
      this._answered(packet);
    } else if (!this.connected) {
      if (type === EVENT && this._asking?._isFirst && this._asking === this._visit) {
        this.receiveBuffer.push(packet);
      }
    } else if (type === DISCONNECT) {
      this._leave();
      this._closed("io server disconnect");
    } else if (type === ACK) {
      this._settle(packet.id, null, packet.data);
    } else {
      this._event(packet);
    }
  }
  /**
   * The server's answer to a handshake.
   *
   * @param {Packet} packet
   */
  _answered({ type, data }) {
    const visit = this._asking;
    this._asking = void 0;
    if (!visit) {
      return;
    }
    this.io._attempts = 0;
    if (type === CONNECT_ERROR) {
      this._greeted = void 0;
    }
    if (visit !== this._visit) {
      if (type === CONNECT) {
        this.io._send(this._encode(DISCONNECT));
      }
      if (this._wanted) {
        this._opened();
      }
    } else if (type === CONNECT_ERROR) {
      this._failed(Object.assign(Error(data.message ?? data), { data: data.data }));
    } else if (data?.sid) {
      this._joined(data.sid, data.pid);
    } else {
      this._failed(Error("older Socket.IO protocol"));
    }
  }
  /** @param {unknown} error */
  _failed(error) {
    this._leave();
    this._dispatch("connect_error", error);
  }
  /**
   * @param {string} id
   * @param {string} [pid]
   */
  _joined(id, pid) {
    this.id = id;
    this.recovered = !!pid && this._pid === pid;
    this._pid = pid;
    const received = this.receiveBuffer.splice(0);
    const unsent = this.sendBuffer.splice(0);
    this.connected = true;
    for (const packet of received) {
      if (this.connected) {
        this._event(packet);
      }
    }
    for (const outgoing of unsent) {
      this._send(outgoing);
    }
    this._drain();
    if (this.connected) {
      this._dispatch("connect");
    }
  }
  /** @param {Packet} packet */
  _event({ id, data }) {
    const args = [...data];
    if (id !== void 0) {
      let visit = this._visit;
      const acknowledge = (...answer) => {
        if (visit && visit === this._visit) {
          const messages = this._encode(ACK, id, answer);
          visit = void 0;
          this.io._send(messages);
        }
      };
      args.push(acknowledge);
    }
    this._tell(this._catchAll.listeners("Any"), args);
    this._dispatch(.../** @type {[string, ...unknown[]]} */
    args);
    const offset = data[data.length - 1];
    if (this._pid && data.length > 1 && typeof offset === "string") {
      this._lastOffset = offset;
    }
  }
  /** The socket is no longer wanted, after a reconnection either. The manager closes when no socket is left. */
  _leave() {
    this._wanted = false;
    this._visit = void 0;
    if (!this.io._wanted().length) {
      this.io.close();
    }
  }
  /**
   * The connection is gone, or this namespace's part in it.
   *
   * @param {string} reason
   * @param {unknown} [details]
   * @param {object[]} [unsent] the events of all sockets that were not handed over: they are sent again
   */
  _closed(reason, details, unsent = []) {
    const { connected, _visit } = this;
    this._visit = void 0;
    if (!connected) {
      if (_visit && _visit === this._asking && !this.io._stopped) {
        this._dispatch("connect_error", Object.assign(Error(`closed before the answer: ${reason}`), { details }));
      }
      return;
    }
    this.connected = false;
    this.id = void 0;
    this._bytes = 0;
    for (
      const outgoing of
      /** @type {Outgoing[]} */
      unsent
    ) {
      if (outgoing._socket === this && (outgoing.id === void 0 || this._pending.has(outgoing.id))) {
        this._buffer(outgoing);
      }
    }
    this._dispatch("disconnect", reason, details);
    for (const id of this._pending.keys()) {
      if (!this.sendBuffer.some((outgoing) => outgoing.id === id)) {
        this._settle(id, Error("socket has been disconnected"));
      }
    }
  }
};

// src/address.js
function parseArguments(address, options) {
  if (address && typeof address === "object" && !(address instanceof URL)) {
    return [void 0, address];
  }
  return [address ? String(address) : void 0, options ?? {}];
}
function parseAddress(text = "", { path, addTrailingSlash }) {
  const page = (
    /** @type {Location | undefined} */
    globalThis.location
  );
  if (!/^\w+:\/\//.test(text)) {
    if (/^(\/(?!\/)|\?|$)/.test(text)) {
      text = "//" + (page?.host ?? "") + text;
    }
    text = (/^https?:/.exec(
      /** @type {string} */
      page?.protocol
    )?.[0] ?? "https:") + text.replace(/^(\/\/)?/, "//");
  }
  const parts = /^(http|ws)(s?:\/\/)(?:[^/?#]*@)?([^/?#]+)([^?#]*)(?:\?([^#]*))?/.exec(text);
  if (!parts) {
    throw Error(`no server in "${text}"`);
  }
  const [, , tail, host, nsp, query] = parts;
  return {
    uri: text,
    base: "http" + tail + host + `/${path || defaults.path}`.replace(/\/*$/, addTrailingSlash === false ? "" : "/").replace(/\/+/g, "/"),
    nsp: nsp || "/",
    query
  };
}

// src/backoff.js
var Backoff = class {
  _attempts = 0;
  /**
   * @param {Pick<import("./options.js").Settings, Delay | `${Delay}Max` | "randomizationFactor">} options with the
   *     spread, 0…1: each delay is its nominal value times a factor of 1 ± spread
   * @param {Delay} name of the option with the first delay in ms; the option with `Max` appended limits all delays
   * @param {() => number} random 0 ≤ random < 1
   */
  constructor(options, name, random = Math.random) {
    this._next = () => {
      const longest = options[
        /** @type {const} */
        `${name}Max`
      ];
      const nominal = Math.min(longest, options[name] * 2 ** this._attempts++);
      const delay = nominal * (1 + options.randomizationFactor * (2 * random() - 1));
      return Math.max(0, Math.min(delay, 2 * longest - delay));
    };
  }
};

// src/session-state-machine.js
var OPENING = 0;
var OPEN2 = 1;
var SUSPENDED = 2;
var CLOSING = 3;
var STRANDED = 4;
var PARTING = 5;
var OVER = 6;
var ATTACHED = 0;
var LOST = 1;
var CLOSED = 2;
var SAID = 3;
var ENDED = 4;
var NEXT = [
  //               ATTACHED  LOST       CLOSED    SAID     ENDED
  /* OPENING   */
  [OPEN2, , OVER, , OVER],
  /* OPEN      */
  [, SUSPENDED, CLOSING, , OVER],
  /* SUSPENDED */
  [OPEN2, , STRANDED, , OVER],
  /* CLOSING   */
  [, STRANDED, , PARTING, OVER],
  /* STRANDED  */
  [CLOSING, , , , OVER],
  /* PARTING   */
  [CLOSING, STRANDED, , , OVER],
  /* OVER      */
  []
];
var next = (state, event) => NEXT[state][event];

// src/clock.js
var STEADY = 1e4;
var NOTABLE = 1e3;
var ahead = Infinity;
var slept = 0;
function now() {
  const time = performance.now();
  const before = ahead;
  ahead = Date.now() - time;
  if (ahead - before > NOTABLE) {
    slept += ahead - before;
  }
  return time + slept;
}

// src/heartbeat.js
var TICK = 5e3;
var Heartbeat = class {
  /** How long the server may be silent, in ms. */
  _patience = 0;
  /**
   * The time until which the server may be silent; without a transport, the latest time until which it keeps the
   * session.
   */
  _deadline = Infinity;
  /** Whether a ping waits for its answer. */
  _isPinged = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  _timer;
  /** @param {() => void} onSilence called when the deadline has passed */
  constructor(onSilence) {
    this._onSilence = onSilence;
  }
  /**
   * The server was heard: the deadline starts anew.
   *
   * @param {boolean} isPinged whether a ping came, which needs an answer; otherwise another transport came into use
   */
  _start(isPinged) {
    this._isPinged = isPinged;
    this._stop(0);
    this._tick();
  }
  /**
   * No transport is in use, and no ping can come.
   *
   * @param {number} keep how long the server keeps a session without a transport, in ms. The server may notice the
   *     loss of the transport as late as the client would.
   */
  _stop(keep) {
    clearTimeout(this._timer);
    this._deadline = now() + this._patience + keep;
  }
  /** Checks the clock, since timers may have stood still. Returns whether the deadline has passed. */
  _check() {
    const isLate = now() > this._deadline;
    if (isLate) {
      this._onSilence();
    }
    return isLate;
  }
  _tick() {
    if (!this._check()) {
      this._timer = setTimeout(() => this._tick(), Math.min(TICK, this._deadline - now() + 1));
    }
  }
};

// src/search.js
var Search = class {
  /**
   * What the present attempt asks for.
   *
   * @type {Greeting}
   */
  _greeting = {};
  /** @type {Transport | undefined} */
  _candidate;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  _timer;
  /**
   * @param {import("./session.js").Session} session
   * @param {string[]} names in order
   * @param {(error: unknown) => void} fail called when no transport is left
   * @param {boolean} [isProbe]
   */
  constructor(session, names, fail, isProbe) {
    this._session = session;
    this._options = session._options;
    this._names = [...names];
    this._fail = fail;
    this._isProbe = isProbe;
  }
  /** @param {unknown} [error] the error to report when no transport is left */
  _try(error) {
    this._stop();
    const name = this._names.shift();
    if (!name) {
      return this._fail(error);
    }
    const candidate = new transports[name](this);
    this._candidate = candidate;
    const session = this._session;
    const { id: sid } = session;
    if (this._isProbe) {
      this._greeting = { probe: 1 };
    } else {
      this._greeting = sid ? { sid, attach: ++session._attaches, ack: session._window._received } : { resume: 1 };
    }
    if (this._names.length || sid) {
      this._timer = setTimeout(
        () => this._lost(candidate, "", Error(name + " timeout")),
        this._options.transportTimeout * candidate._patience
      );
    }
    try {
      candidate._open();
    } catch (error2) {
      this._lost(candidate, "", error2);
    }
  }
  _stop() {
    const candidate = this._candidate;
    clearTimeout(this._timer);
    this._candidate = void 0;
    candidate?._close();
  }
  /** @param {Transport} transport */
  _url(transport) {
    return this._session._address(transport, this._greeting);
  }
  /**
   * @param {Transport} candidate
   * @param {(string | ArrayBuffer)[]} frames
   */
  _received(candidate, [first, ...rest]) {
    if (candidate !== this._candidate) {
      return;
    }
    this._candidate = void 0;
    this._stop();
    try {
      const { type, data } = decodeFrame(first);
      const text = (
        /** @type {string} */
        data
      );
      if (this._isProbe && type === NOOP) {
        candidate._close();
        return this._session._route._attach([candidate.name]);
      }
      if (type === CLOSE && this._session._isVerdict(JSON.parse(text))) {
        return candidate._close();
      }
      if (this._isProbe || type !== OPEN) {
        throw Error("invalid packet");
      }
      this._session._adopt(candidate, decodeOpen(text));
    } catch (error) {
      candidate._close();
      return this._try(error);
    }
    this._session._received(candidate, rest);
  }
  /**
   * @param {Transport} candidate
   * @param {string} _reason
   * @param {unknown} details
   */
  _lost(candidate, _reason, details) {
    if (candidate === this._candidate && !this._session._isVerdict(details)) {
      this._try(details instanceof Error ? details : Object.assign(Error(candidate.name + " error"), { details }));
    }
  }
};

// src/route.js
var Route = class {
  /**
   * The transports, the best first.
   *
   * @type {string[]}
   */
  _names = [];
  /**
   * The handshake, the attach or the probe that is under way.
   *
   * @type {Search | undefined}
   */
  _search;
  /**
   * While an attach is under way: fulfilled when the attach has succeeded or failed.
   *
   * @type {Promise<void> | undefined}
   */
  _over;
  /**
   * Fulfils `_over`.
   *
   * @type {(() => void) | undefined}
   */
  _settle;
  /** When the transport in use came into use. */
  _since = 0;
  /**
   * The timer of the next attach or probe.
   *
   * @type {ReturnType<typeof setTimeout> | undefined}
   */
  _timer;
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this._session = session;
    this._retries = new Backoff(session._options, "reconnectionDelay");
    this._climbs = new Backoff(session._options, "climbDelay");
  }
  /**
   * @param {string[]} names the best first
   * @param {string | false} [first] the transport that worked the last time
   */
  _open(names, first) {
    this._names = names.filter(isSupported);
    this._begin(
      [...this._names].sort((a, b) => +(b === first) - +(a === first)),
      (error) => this._session._end("transport error", error)
    );
  }
  /**
   * @param {string[]} [names] the transports in order; by default the transport in use comes first, if there is one
   */
  _attach(names = this._startingAt()) {
    const session = this._session;
    this._stop();
    this._over = new Promise((resolve) => this._settle = resolve);
    this._begin(names, () => {
      this._stop();
      if (session.transport) {
        this._climb();
        session._flush();
      } else if (session._closing || session._heartbeat._check()) {
        session._end(...session._loss);
      } else {
        this._schedule(this._names, this._retries._next());
      }
    });
  }
  /**
   * @param {string[]} names
   * @param {(error: unknown) => void} fail
   * @param {boolean} [isProbe]
   */
  _begin(names, fail, isProbe) {
    this._search = new Search(this._session, names, fail, isProbe);
    this._search._try(Error("no transport"));
  }
  /** A transport came into use. */
  _start() {
    this._since = now();
    this._climb();
  }
  /** Cancels whatever is under way. */
  _stop() {
    clearTimeout(this._timer);
    this._search?._stop();
    this._search = this._over = void 0;
    this._settle?.();
  }
  /** @param {string[]} names the best first: the transport to switch to now */
  async _switch(names) {
    const isThere = !this._over && this._session.transport?.name === names[0];
    this._names = names.filter(isSupported);
    if (isThere) {
      this._stop();
    } else {
      this._attach([names[0]]);
      await this._over;
    }
  }
  /**
   * The transport in use is gone.
   *
   * @param {boolean} isSilent whether only the server's silence shows the loss
   */
  _lost(isSilent) {
    if (this._over || this._session._ended) {
      return;
    }
    const isSteady = now() - this._since >= STEADY;
    if (isSteady) {
      this._retries._attempts = this._climbs._attempts = 0;
    }
    const index = this._index(this._session._last);
    const delay = this._retries._attempts++ < this._names.length ? 0 : this._retries._next();
    this._schedule(this._startingAt(isSteady && !isSilent ? index : index + 1), delay);
  }
  /** The place of a transport, by default of the one in use; 0 if there is none. */
  _index(transport = this._session.transport) {
    return Math.max(0, this._names.indexOf(
      /** @type {string} */
      transport?.name
    ));
  }
  /** @param {number} [index] the place of the first; by default that of the transport in use */
  _startingAt(index = this._index()) {
    return [...this._names.slice(index), ...this._names.slice(0, index)];
  }
  /**
   * @param {string[]} names
   * @param {number} delay
   */
  _schedule(names, delay) {
    this._stop();
    this._timer = setTimeout(() => this._attach(names), delay);
  }
  /**
   * Probes from time to time whether a better transport works by now. The search attaches to a transport that does.
   */
  _climb() {
    const better = this._names.slice(0, this._index());
    if (!better.length || !this._session._keep || this._session._options.upgrade === false) {
      return;
    }
    this._timer = setTimeout(() => this._begin(better, () => this._climb(), true), this._climbs._next());
  }
};

// src/session.js
var Session = class extends Emitter {
  /** @type {string | undefined} the server's name for the session */
  id;
  /** @type {Transport | undefined} the transport in use */
  transport;
  /** @type {Transport | undefined} the transport in use, or else the one before */
  _last;
  /** @type {number | undefined} bytes that a POST may hold */
  _maxPayload;
  /** How long the server keeps the session without a transport, in ms; 0 in a plain session. */
  _keep = 0;
  _window = new AcknowledgementWindow();
  /**
   * Why the last transport was lost.
   * @type {[string, unknown?]}
   */
  _loss = ["transport error"];
  /** How many attaches were asked for. */
  _attaches = 0;
  /** @type {number} one of the states in session-state-machine.js; `_on` alone changes it */
  _state = OPENING;
  _heartbeat = new Heartbeat(() => this._lost(this.transport, "ping timeout"));
  /**
   * @param {string} base the server's address, with the path
   * @param {import("./options.js").Settings} options
   */
  constructor(base, options) {
    super();
    this._base = base;
    this._options = options;
    this._decoder = new Decoder(options.maxAttachments);
    this._route = new Route(this);
  }
  /**
   * @param {string[]} names of transports, the best first
   * @param {string | false} [first] the transport to try before the others
   */
  _open(names, first) {
    this._route._open(names, first);
  }
  /**
   * Queues messages. They leave together at the end of the task, over HTTP in one POST. If there are Blobs among them,
   * they leave when all Blobs are read, or not at all if one Blob cannot be read.
   *
   * @param {Data[]} messages
   * @param {Owner} [owner] returned by the window's `_recall` if none of the messages was handed over
   */
  async _send(messages, owner) {
    const window = this._window;
    const queued = messages.map((data) => window._push({ type: MESSAGE, data }));
    const [first] = queued;
    first.owner = owner;
    try {
      for (const message of queued) {
        if (
          /** @type {Blob} */
          message.data.arrayBuffer
        ) {
          first._isHeld = true;
          message.data = await /** @type {Blob} */
          message.data.arrayBuffer();
        }
      }
    } catch (error) {
      if (window._remove(queued)) {
        (owner?._fail ?? report)(error);
      }
    }
    first._isHeld = false;
    this._flushSoon();
  }
  /**
   * Sends a message of the application's own, outside all sockets.
   *
   * @param {Data} data
   */
  send(data) {
    this._send([data]);
    return this;
  }
  /** @param {Data} data */
  write(data) {
    return this.send(data);
  }
  /** Whether the session is over. */
  get _ended() {
    return this._state === OVER;
  }
  /** Whether the page has closed the session, or the session is over: no more requests for messages are made. */
  get _closing() {
    return this._state >= CLOSING;
  }
  /** While an attach is under way: fulfilled when the attach is over, in whichever way. */
  get _over() {
    return this._route._over;
  }
  /**
   * Something has happened to the session.
   *
   * @param {number} event one of the events in session-state-machine.js
   * @param {string} [reason] the reason that listeners of `close` get if the event leads to the end
   * @param {unknown} [details]
   * @returns {number | undefined} the state that the event has led to; undefined if the event changes nothing
   */
  _on(event, reason, details) {
    const state = next(this._state, event);
    this._state = state ?? this._state;
    if (state === OVER) {
      this._route._stop();
      this._leave();
      this._dispatch("close", reason, details);
    }
    return state;
  }
  /** Whether a message sent now would leave soon. */
  get _idle() {
    this._heartbeat._check();
    return !!this.transport?._idle && !this._window._isFull;
  }
  /** For pages that test a reconnection: listeners are told at once, and the session then closes by itself. */
  close() {
    if (!this._closing) {
      this._dispatch("close", "forced close");
      this._close();
    }
    return this;
  }
  /** Ends the session once all queued messages have left. A session without a transport looks for one once more. */
  _close() {
    const state = this._on(CLOSED, "forced close");
    if (state === CLOSING) {
      this._flushSoon();
    } else if (state === STRANDED && !this._over) {
      this._route._attach();
    }
  }
  /**
   * @param {Transport} transport
   * @param {boolean} [isPost]
   */
  _url(transport, isPost) {
    const terms = { sid: this.id };
    if (this._keep) {
      terms.ack = this._report();
      if (isPost) {
        terms.seq = this._window._acknowledged + 1;
      } else {
        transport._position = terms.ack;
      }
    }
    return this._address(transport, terms);
  }
  /**
   * @param {Transport} transport
   * @param {object} terms
   */
  _address(transport, terms) {
    const { query, timestampRequests, timestampParam } = this._options;
    const all = {
      ...Object.fromEntries(new URLSearchParams(
        /** @type {string | Query} */
        query || ""
      )),
      EIO: 4,
      transport: transport.name,
      ...terms,
      // Makes each address unique, so that no cache answers in the server's place.
      ...timestampRequests && { [timestampParam]: Math.random() }
    };
    return this._base + "?" + new URLSearchParams(
      /** @type {Query} */
      all
    );
  }
  /**
   * How many messages came in, to be acknowledged. During an attach the count stays as the attach has sent it: the
   * server relies on that.
   */
  _report() {
    return this._window._report(this._route._search?._greeting.ack ?? this._window._received);
  }
  /**
   * A transport has come into use.
   *
   * @param {Transport} transport
   * @param {ReturnType<typeof import("./wire/engine-packet.js").decodeOpen>} open the packet that begins its stream
   */
  _adopt(transport, open) {
    const isFirst = !this.id;
    this._route._stop();
    this._leave();
    this.transport = this._last = transport;
    transport._host = this;
    transport._position = open.from;
    this._on(ATTACHED);
    if (isFirst) {
      this.id = open.sid;
      this._maxPayload = open.maxPayload || Infinity;
      this._heartbeat._patience = open.pingInterval + open.pingTimeout;
      if (open.resume) {
        this._keep = open.resume.timeout || 1;
        this._window._buffer = open.resume.buffer || 1;
      }
    } else {
      try {
        this._window._attach(open.from, open.ack, transport._isNumbered);
      } catch (error) {
        return this._end("parse error", error);
      }
    }
    this._heartbeat._start(false);
    this._route._start();
    this._dispatch(isFirst ? "open" : "upgrade", transport);
    this._dispatch("transport", transport.name);
    this._flush();
  }
  /**
   * Handles frames that came in together. If one of the frames is malformed, all are dropped.
   *
   * @param {Transport} transport
   * @param {(string | ArrayBuffer)[]} frames
   */
  _received(transport, frames) {
    const isPlain = !this._keep || !transport._isNumbered;
    let packets;
    try {
      packets = frames.map((frame) => decodeFrame(frame, isPlain));
    } catch (error) {
      return this._lost(transport, "parse error", error);
    }
    try {
      for (const packet of packets) {
        this._handle(transport, packet);
      }
    } catch (error) {
      this._end("parse error", error);
    }
    this._flushSoon();
  }
  /**
   * Handles one packet.
   *
   * @param {Transport} transport
   * @param {Packet} packet
   */
  _handle(transport, { type, data }) {
    if (transport !== this.transport) {
      return;
    }
    if (type === MESSAGE) {
      if (this._window._take(++transport._position, data)) {
        this._dispatch("message", data);
      }
    } else if (type === CLOSE) {
      this._end("transport close");
    } else {
      if (data && this._keep) {
        this._window._trim(decodeCount(
          /** @type {string} */
          data
        ));
      }
      if (type === PING) {
        this._heartbeat._start(true);
        this._dispatch("ping");
      } else if (type !== NOOP) {
        throw Error("invalid packet");
      }
    }
  }
  /**
   * A POST was answered. In a lossless session only the answer `ok` counts; it acknowledges the POST's messages.
   *
   * @param {Transport} transport
   * @param {string} answer
   */
  _drained(transport, answer) {
    if (transport === this.transport) {
      if (this._keep) {
        if (answer !== "ok") {
          return this._lost(transport, "transport error", Error("not ok"));
        }
        this._window._trim(this._window._sent);
      }
      this._flush();
    }
  }
  /**
   * The transport in use failed or was closed.
   *
   * @param {Transport | undefined} transport
   * @param {string} reason
   * @param {unknown} [details]
   */
  _lost(transport, reason, details) {
    if (!transport || transport !== this.transport || this._isVerdict(details)) {
      return;
    }
    if (!this._keep) {
      return this._end(reason, details);
    }
    this._suspend(reason, details);
    this._route._lost(reason === "ping timeout");
  }
  /**
   * The session goes on without a transport.
   *
   * @param {string} reason
   * @param {unknown} [details]
   */
  _suspend(reason, details) {
    if (!this._on(LOST)) {
      return;
    }
    this._loss = [reason, details];
    this._leave();
    if (!this._over) {
      this._dispatch("transport");
    }
  }
  /** Lets go of the transport. What the transport says from now on, even while it closes, is ignored. */
  _leave() {
    const { transport } = this;
    this.transport = void 0;
    this._heartbeat._stop(this._keep);
    transport?._close();
  }
  /**
   * Ends the session if the server does not know it, or refuses a message for its size: the message would be refused
   * again whenever it is sent. No other answer of a server or a proxy ends the session.
   *
   * @param {unknown} details
   */
  _isVerdict(details) {
    const isVerdict = this.id && ([1, 4001, 1009].includes(
      /** @type {{code: number}} */
      details?.code
    ) || /** @type {{status: number}} */
    details?.status === 413);
    if (isVerdict) {
      if (this.transport) {
        this._loss = ["transport error", details];
      }
      this._end(...this._loss);
    }
    return isVerdict;
  }
  /** Flushes at the end of the task, so that messages sent in one task leave together. */
  _flushSoon() {
    queueMicrotask(() => this._flush());
  }
  _flush() {
    const { _heartbeat: heartbeat, _keep: keep, _window: window } = this;
    heartbeat._check();
    const { transport } = this;
    if (!transport?._writable) {
      return;
    }
    if (this._state === PARTING) {
      return this._end("forced close");
    }
    const isAttaching = !!this._over;
    const control = [];
    if (heartbeat._isPinged || keep && !isAttaching && window._isDue) {
      control.push({ type: heartbeat._isPinged ? PONG : NOOP, data: keep ? "" + this._report() : "" });
      heartbeat._isPinged = false;
    }
    const messages = window._next();
    const packets = [...control, ...messages];
    const isLast = this._state === CLOSING && !isAttaching && messages.length === window._unsent;
    if (isLast) {
      packets.push({ type: CLOSE, data: "" });
    }
    if (packets.length) {
      const taken = transport._send(packets);
      window._took(Math.min(taken - control.length, messages.length));
      if (isLast && taken === packets.length) {
        this._on(SAID);
        this._flush();
      }
    }
  }
  /** The page is put to sleep, which the transport would not survive. */
  _freeze() {
    if (this._keep) {
      this._suspend("transport close");
      this._route._stop();
    }
  }
  /** The network or the page is back: a lossless session attaches anew; a plain one checks its deadline. */
  _renew() {
    if (!this._keep) {
      this._heartbeat._check();
    } else if (!this._ended) {
      this._route._attach();
    }
  }
  /**
   * @param {string} reason
   * @param {unknown} [details]
   */
  _end(reason, details) {
    this._on(ENDED, reason, details);
  }
};

// src/memory.js
var LIFE = 36e5;
function recall(base) {
  try {
    const [name, time] = localStorage["martlet:" + base].split(" ");
    const age = Date.now() - time;
    if (age >= 0 && age < LIFE) {
      return name;
    }
  } catch {
  }
}
function remember(base, name) {
  try {
    if (recall(base) !== name) {
      localStorage["martlet:" + base] = name + " " + Date.now();
    }
  } catch {
  }
}

// src/page.js
function watch(manager) {
  const aborter = new AbortController();
  const back = () => manager.engine ? manager.engine._renew() : manager._reconnecting && manager.open();
  const sleep = () => manager.engine?._freeze();
  const handlers = {
    online: back,
    offline: () => manager.engine?._lost(manager.engine.transport, "transport close", Error("offline")),
    freeze: sleep,
    resume: back,
    // The browser may have closed the transport already.
    pagehide: ({ persisted }) => persisted ? sleep() : manager.engine?._last?._leave(),
    pageshow: ({ persisted }) => persisted && back(),
    // Timers of a hidden page stand still. A page becomes hidden also when it is put to sleep, and must not
    // reconnect then.
    visibilitychange: ({ target }) => target.hidden || manager.transport ? manager.engine?._heartbeat._check() : back()
  };
  for (const event of Object.keys(handlers)) {
    globalThis.addEventListener?.(
      event,
      /** @type {EventListener} */
      handlers[event],
      {
        capture: true,
        signal: aborter.signal
      }
    );
  }
  return aborter;
}

// src/manager.js
var Manager = class extends Emitter {
  /**
   * The session in use or being opened.
   *
   * @type {Session | undefined}
   */
  engine;
  /** @type {Map<string, Socket>} */
  _sockets = /* @__PURE__ */ new Map();
  _isOpen = false;
  /** When the connection opened. */
  _since = 0;
  /** Whether an attempt to reconnect is scheduled or under way. */
  _reconnecting = false;
  /** How many attempts to reconnect there were since the last good connection. */
  _attempts = 0;
  /**
   * The timer of the next attempt.
   *
   * @type {ReturnType<typeof setTimeout> | undefined}
   */
  _timer;
  /** Whether the page has closed the connection. */
  _stopped = false;
  /**
   * The transport that the page has chosen with `switchTransport`.
   *
   * @type {string | undefined}
   */
  _preferred;
  /**
   * Stops listening to the page's events; set from `open` to `close`.
   *
   * @type {AbortController | undefined}
   */
  _aborter;
  /**
   * @param {string | URL | ManagerOptions | null} [address]
   * @param {ManagerOptions | null} [options]
   */
  constructor(address, options) {
    super();
    const [text, given] = parseArguments(address, options);
    check(given);
    const { uri, base, query } = parseAddress(text, given);
    this.uri = uri;
    this._base = base;
    this.opts = /** @type {Settings} */
    { ...given };
    for (const [name, value] of Object.entries({ ...defaults, query: Object.fromEntries(new URLSearchParams(query)) })) {
      this.opts[name] ??= value;
    }
    if (this.opts.autoConnect) {
      this.open();
    }
  }
  /** The name of the transport in use. */
  get transport() {
    return this.engine?.transport?.name;
  }
  /**
   * Opens the connection, unless it is open or being opened. A scheduled attempt is made at once.
   *
   * @param {(error?: unknown) => void} [callback]
   */
  open(callback) {
    if (this.engine) {
      return this;
    }
    clearTimeout(this._timer);
    this._stopped = false;
    this._aborter ??= watch(this);
    const session = new Session(this._base, this.opts);
    this.engine = session;
    let timer;
    session.on("open", () => {
      clearTimeout(timer);
      this._opened(callback);
    });
    session.on("close", (reason, details) => {
      clearTimeout(timer);
      if (session !== this.engine) {
        return;
      }
      this.engine = void 0;
      if (this._isOpen) {
        this._closed(reason, details, session._window._recall());
      } else {
        this._failed(details ?? Error(reason), callback);
      }
    });
    session.on("ping", () => this._dispatch("ping"));
    session.on("transport", (name) => {
      if (session === this.engine) {
        if (name && this.opts.rememberTransport && !this._preferred) {
          remember(this._base, name);
        }
        this._dispatch("transport", name);
      }
    });
    session.on("message", (message) => this._received(session, message));
    if (this._reconnecting) {
      this._dispatch("reconnect_attempt", this._attempts);
    }
    if (session === this.engine) {
      const { timeout, rememberTransport } = this.opts;
      if (timeout !== false) {
        timer = setTimeout(() => session._end("timeout", Error("timeout")), timeout);
      }
      session._open(this._order(), rememberTransport && !this._preferred && recall(this._base));
    }
    return this;
  }
  /** @param {(error?: unknown) => void} [callback] */
  connect(callback) {
    return this.open(callback);
  }
  /**
   * A socket for a namespace; the same one for the same name.
   *
   * @param {string} nsp
   * @param {import("../martlet.js").SocketOptions | null} [options]
   */
  socket(nsp, options) {
    nsp = nsp.replace(/^\/?/, "/");
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
  /** Closes the connection of all namespaces, and does not reconnect. */
  close() {
    this._stopped = true;
    this._stop();
    this._aborter?.abort();
    this._aborter = void 0;
    this._drop("forced close");
  }
  disconnect() {
    this.close();
  }
  /**
   * Moves to another transport, and prefers it from now on. A lossless session goes on undisturbed; a plain one
   * reconnects, and its sockets see a `disconnect` and a `connect`.
   *
   * @param {string} name
   * @returns {Promise<void>} fulfilled when the transport is in use; rejected when another one had to be taken
   */
  async switchTransport(name) {
    if (!isSupported(name)) {
      throw Error(`no transport "${name}" here`);
    }
    this._preferred = name;
    const { engine } = this;
    if (engine?._keep) {
      await engine._route._switch(this._order());
    } else if (this.transport !== name) {
      const taken = new Promise((resolve) => this.once("transport", resolve));
      if (this._isBusy) {
        this._drop("transport close", Error("transport switch"));
        if (!this._stopped) {
          this.open();
        }
      }
      await taken;
    }
    if (this.transport !== name) {
      throw Error(`${name} failed, ${this.transport} is in use`);
    }
  }
  _order() {
    return [...new Set([this._preferred ?? "", this.opts.transports].flat())];
  }
  /**
   * @param {(string | ArrayBuffer | Blob)[]} messages
   * @param {import("./acknowledgement-window.js").Owner} [owner]
   */
  _send(messages, owner) {
    if (this._isOpen) {
      this.engine?._send(messages, owner);
    }
  }
  /** How many bytes wait in the session's window. */
  get _waiting() {
    return this.engine?._window._bytes ?? 0;
  }
  /** Whether there is a connection, or will be one without a call of `open`. */
  get _isBusy() {
    return !!this.engine || this._reconnecting;
  }
  _wanted() {
    return [...this._sockets.values()].filter((socket) => socket._wanted);
  }
  /** @param {((error?: unknown) => void) | undefined} callback */
  _opened(callback) {
    const { _reconnecting, _attempts } = this;
    this._isOpen = true;
    this._since = now();
    this._reconnecting = false;
    this._dispatch("open");
    for (const socket of this._wanted()) {
      socket._opened();
    }
    if (callback) {
      run(callback, this, []);
    }
    if (_reconnecting) {
      this._dispatch("reconnect", _attempts);
    }
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
    if (packet) {
      this._sockets.get(packet.nsp)?._received(packet);
    }
  }
  /**
   * No session could be opened.
   *
   * @param {unknown} error
   * @param {((error?: unknown) => void) | undefined} callback
   */
  _failed(error, callback) {
    const { _reconnecting } = this;
    const hasGivenUp = (_reconnecting || !callback) && this._plan();
    this._dispatch("error", error);
    for (const socket of this._wanted()) {
      socket._dispatch("connect_error", error);
    }
    if (callback) {
      run(callback, this, [error]);
    }
    if (_reconnecting) {
      this._dispatch("reconnect_error", error);
    }
    if (hasGivenUp) {
      this._dispatch("reconnect_failed");
    }
  }
  /**
   * The session has ended.
   *
   * @param {string} reason
   * @param {unknown} details
   * @param {object[]} [unsent] the events that were never handed over, for the next session
   */
  _closed(reason, details, unsent) {
    this._isOpen = false;
    if (now() - this._since >= STEADY) {
      this._attempts = 0;
    }
    const hasGivenUp = this._plan();
    for (const socket of this._wanted()) {
      socket._closed(reason, details, unsent);
    }
    this._dispatch("close", reason, details);
    if (hasGivenUp) {
      this._dispatch("reconnect_failed");
    }
  }
  /**
   * Drops the session, which closes by itself once its messages have left.
   *
   * @param {string} reason
   * @param {unknown} [details]
   */
  _drop(reason, details) {
    const { engine } = this;
    this.engine = void 0;
    const unsent = this._stopped ? [] : engine?._window._recall();
    engine?._close();
    if (this._isOpen) {
      this._closed(reason, details, unsent);
    }
  }
  /** Cancels the scheduled attempt. */
  _stop() {
    clearTimeout(this._timer);
    this._reconnecting = false;
    this._attempts = 0;
  }
  /**
   * Schedules the next attempt, if there is to be one. This happens before any listener learns of the loss: a
   * listener may ask whether a socket is `active`, and may cancel the attempt.
   *
   * @returns {boolean | undefined} whether the manager gives up, after `reconnectionAttempts` attempts
   */
  _plan() {
    const { _attempts } = this;
    const { reconnection, reconnectionAttempts } = this.opts;
    this._stop();
    if (this._stopped || !reconnection) {
      return;
    }
    if (_attempts >= reconnectionAttempts) {
      return true;
    }
    const backoff = new Backoff(this.opts, "reconnectionDelay");
    backoff._attempts = _attempts;
    this._attempts = _attempts + 1;
    this._reconnecting = true;
    this._timer = setTimeout(() => this.opts.reconnection ? this.open() : this._stop(), backoff._next());
  }
};
for (const name of Object.keys(defaults)) {
  Object.assign(Manager.prototype, {
    /** @this {Manager} @param {unknown} value */
    [name](value) {
      if (value === void 0) {
        return (
          /** @type {ByName} */
          this.opts[name]
        );
      }
      this.opts[name] = value;
      if (!this.opts.reconnection && !this.engine) {
        this._stop();
      }
      return this;
    }
  });
}

// src/index.js
var protocol = 5;
var managers = {};
function io(address, options) {
  const [text, given] = parseArguments(address, options);
  const { base, nsp } = parseAddress(text, given);
  const isAlone = given.forceNew || given.multiplex === false || managers[base]?._sockets.has(nsp);
  const create = () => new Manager(text, given);
  return (isAlone ? create() : managers[base] ??= create()).socket(nsp, given);
}
Object.assign(io, { io, connect: io, Manager, Socket, protocol, managers });
module.exports = Object.assign(io, { default: io });
