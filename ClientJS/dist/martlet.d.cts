// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** Times are in ms, sizes in bytes. Binary arguments arrive as `ArrayBuffer`, in Node too. */

export type TransportName = "websocket" | "sse" | "polling";

export type DisconnectReason =
    /** The server disconnected the socket, or the application did: no reconnection, `connect()` is called by hand. */
    | "io server disconnect"
    | "io client disconnect"
    /** By `manager.close()` the same; after `manager.engine.close()` the socket reconnects by itself. */
    | "forced close"
    /** The connection failed: the socket reconnects by itself. */
    | "ping timeout"
    | "transport close"
    | "transport error"
    | "parse error";

export interface TransportOptions {
    /** Headers of the requests made by `fetch`: all of polling's, and the POSTs of sse. */
    extraHeaders?: Record<string, string>;
    /** Whether cookies go to another origin. false */
    withCredentials?: boolean;
    /** Subprotocols of the WebSocket. */
    protocols?: string | string[];
}

/** Options of other names are ignored, and the console says so, with the name that may be meant. */
export interface ManagerOptions extends TransportOptions {
    /** Where the server listens. `/socket.io/` */
    path?: string;
    /** Whether the path ends with a slash: false asks for `/socket.io?EIO=4…`. true */
    addTrailingSlash?: boolean;
    /** Added to the address of every request; a text is `room=1&token=x`. By default that of the address. */
    query?: string | Record<string, string | number | boolean>;
    /** Whether the address of every request has a parameter that makes it unique, so that no cache answers it. true */
    timestampRequests?: boolean;
    /** The name of that parameter. `t` */
    timestampParam?: string;
    /**
     * The order in which they are tried on connecting, after the one that worked last (`rememberTransport`). In a lossless
     * session, which Martlet's server grants, the client also falls to another when one is lost, and climbs: it looks from
     * time to time whether one further ahead works by now. In a plain session, with any other server, it stays on the one
     * that it has connected with, and tries them anew when it reconnects. `["websocket", "sse", "polling"]`
     */
    transports?: (TransportName | (string & {}))[];
    /** What a transport may take to open before the next is tried; polling three times that. 4000 */
    transportTimeout?: number;
    /** Whether the transport that worked is tried first next time, for an hour, on the next page load too. true */
    rememberTransport?: boolean;
    /** Whether a lossless session looks for a better transport than the one in use. true */
    upgrade?: boolean;
    /** When a better transport is looked for first, in a lossless session; doubles with each look. 5000 */
    climbDelay?: number;
    /** 300000 */
    climbDelayMax?: number;
    /** What an attempt to connect may take, over all transports; false: any time. 20000 */
    timeout?: number | false;
    /** Whether to reconnect. true */
    reconnection?: boolean;
    /** Infinity */
    reconnectionAttempts?: number;
    /** Doubles with each attempt. 1000 */
    reconnectionDelay?: number;
    /** 5000 */
    reconnectionDelayMax?: number;
    /** 0…1: how far a delay strays from its nominal value. 0.5 */
    randomizationFactor?: number;
    /** Whether to connect at once. true */
    autoConnect?: boolean;
    /** For one transport, before those for all: `{ polling: { extraHeaders: { "x-tenant": "a" } } }` */
    transportOptions?: { [name in TransportName]?: TransportOptions };
    /**
     * Binary parts that one event or acknowledgement may have. Past it `emit` throws, and what comes in is a `parse
     * error`. Servers have such a limit too, mostly the same, and close the connection past it: change both together. 10
     */
    maxAttachments?: number;
    /** What `emit` may keep until the server takes it; past it, it throws. 16777216 */
    sendBufferLimit?: number;
}

export interface SocketOptions {
    /**
     * Sent with the handshake of the namespace; a function is asked anew at each connection. What a handshake cannot
     * carry (anything but an object, or binary data in it) is a `connect_error` and not tried again, as is what the
     * function throws.
     */
    auth?: object | ((send: (data: object) => void) => void);
    /** As if each `emit` with a callback were preceded by `timeout(ackTimeout)`. */
    ackTimeout?: number;
    /**
     * How many times more an event is sent until the server acknowledges it; 0: it is sent once, and not waited for. With
     * it, events that are not volatile are sent one at a time, each when the one before is acknowledged or given up. A try
     * fails `ackTimeout` after it was sent (without one it waits), or with the connection; the callback then gets the last
     * error. So the server's handler must acknowledge, and may see an event twice: put an id of your own in it. 0
     */
    retries?: number;
}

export interface Options extends ManagerOptions, SocketOptions {
    /** Whether to open a connection of its own. false */
    forceNew?: boolean;
    /** Whether to share the connection with other namespaces of the server. true */
    multiplex?: boolean;
}

type Events = { [event: string]: (...args: any[]) => any };
type Arguments<F> = F extends (...args: infer A) => any ? A : never;
type Names<E> = keyof E & string;
/** Takes the callback off a list of arguments, and says what the callback is given. */
type WithoutCallback<A> = A extends [...infer H, (...args: any[]) => any] ? H : A;
type Acknowledged<A> = A extends [...any[], (value: infer V, ...more: any[]) => any] ? V : any;
/** With a timeout, the callback's first argument is an error. */
type TakesError<A> = A extends [...infer H, (...args: infer B) => infer R] ? [...H, (error: Error, ...args: B) => R] : A;
type AllTakeError<E> = { [K in keyof E]: (...args: TakesError<Arguments<E[K]>>) => any };

/** The events that a listener may be for: the application's, and those of the thing itself. */
/** What a handler on a server of Martlet has thrown: `emitWithAck` rejects with it, and a callback with a timeout gets it. */
export interface EventError extends Error {
    name: "EventError";
    /** For programs, such as `not_found`; `invalid_argument` and `internal_error` are the server's own. */
    code?: string;
    data?: any;
}

export declare class Emitter<E> {
    on<K extends Names<E>>(event: K, listener: E[K]): this;
    once<K extends Names<E>>(event: K, listener: E[K]): this;
    /** Removes one listener, all of an event, or all. */
    off<K extends Names<E>>(event?: K, listener?: E[K]): this;
    addEventListener<K extends Names<E>>(event: K, listener: E[K]): this;
    removeListener<K extends Names<E>>(event: K, listener?: E[K]): this;
    removeEventListener<K extends Names<E>>(event: K, listener?: E[K]): this;
    removeAllListeners<K extends Names<E>>(event?: K): this;
    listeners<K extends Names<E>>(event: K): E[K][];
    hasListeners(event: Names<E>): boolean;
}

/** `data` is what the server's middleware gave. */
export type ConnectError = Error & { data?: any; details?: unknown };

export interface SocketReserved {
    connect: () => void;
    connect_error: (error: ConnectError) => void;
    disconnect: (reason: DisconnectReason, details?: unknown) => void;
}

/** One namespace. `Incoming` and `Outgoing` may declare the events: `{ said: (text: string) => void }`. */
export declare class Socket<Incoming = Events, Outgoing = Events> extends Emitter<
    SocketReserved & Omit<Incoming, keyof SocketReserved>
> {
    constructor(io: Manager, nsp: string, options?: SocketOptions);
    readonly io: Manager;
    readonly nsp: string;
    auth: SocketOptions["auth"];
    /** The server's name for it, while it is connected. */
    readonly id: string | undefined;
    readonly connected: boolean;
    readonly disconnected: boolean;
    /** Whether the events missed by the last interruption were replayed. */
    readonly recovered: boolean;
    /**
     * Whether it is connected, or will be by itself as soon as the server is reached. Otherwise it is for `connect()`:
     * after a refusal, a disconnect by either side, and when no attempt to reconnect is to follow.
     */
    readonly active: boolean;
    /** What waits for a connection, without `retries`; set it to `[]` to forget that. */
    sendBuffer: object[];
    receiveBuffer: object[];
    /** Connects, unless that is done or under way; during the pause before a reconnection it waits for that. */
    connect(): this;
    open(): this;
    /** Leaves the namespace, or stops what is under way to it. The connection closes with its last namespace. */
    disconnect(): this;
    close(): this;
    /**
     * Sends an event; a function as the last argument gets the acknowledgement. Arguments are what JSON can hold, and
     * `ArrayBuffer`, typed arrays, `Blob`, `Buffer` anywhere within. Without a connection it waits for one; throws when
     * more than `sendBufferLimit` would wait, for more than `maxAttachments` binary parts, and for reserved names.
     *
     * A Blob is read when the event is to leave, and what is emitted after it waits. If it cannot be read (a file that has
     * changed), that event alone is not sent: a callback that takes an error gets it, else it is reported as uncaught.
     *
     * The server takes messages up to its `maxPayload` (1,000,000 bytes by default), where each binary part is one; a
     * larger one ends the connection. Over sse and polling binary travels as base64, a third larger: close to the limit
     * (from 750,000 bytes) it passes on a WebSocket, and is refused there with HTTP status 413.
     */
    emit<K extends Names<Outgoing>>(event: K, ...args: Arguments<Outgoing[K]>): this;
    /**
     * Rejected when the server's handler throws (`EventError`), the connection is lost before the answer, the time is up,
     * or a Blob in it cannot be read.
     */
    emitWithAck<K extends Names<Outgoing>>(
        event: K,
        ...args: WithoutCallback<Arguments<Outgoing[K]>>
    ): Promise<Acknowledged<Arguments<Outgoing[K]>>>;
    /** Emits `message`. */
    send(...args: any[]): this;
    /** `socket.timeout(5000).emit("save", draft, (error, receipt) => …)` */
    timeout(
        ms: number
    ): Omit<Socket<Incoming, AllTakeError<Outgoing>>, "emitWithAck"> & Pick<Socket<Incoming, Outgoing>, "emitWithAck">;
    /** The next event is dropped if it cannot leave soon. */
    readonly volatile: this;
    /** Does nothing; compression is settled by the WebSocket itself. */
    compress(on: boolean): this;
    onAny(listener: (event: string, ...args: any[]) => void): this;
    prependAny(listener: (event: string, ...args: any[]) => void): this;
    offAny(listener?: (event: string, ...args: any[]) => void): this;
    listenersAny(): Function[];
    onAnyOutgoing(listener: (event: string, ...args: any[]) => void): this;
    prependAnyOutgoing(listener: (event: string, ...args: any[]) => void): this;
    offAnyOutgoing(listener?: (event: string, ...args: any[]) => void): this;
    listenersAnyOutgoing(): Function[];
}

export interface ManagerEvents {
    open: () => void;
    close: (reason: DisconnectReason, details?: unknown) => void;
    /** An attempt to connect failed. */
    error: (error: Error) => void;
    /** The server's heartbeat came. */
    ping: () => void;
    /**
     * A transport came into use; undefined: it is lost, and the session looks for another. When the session itself
     * ends, that is `close`.
     */
    transport: (name: TransportName | undefined) => void;
    reconnect: (attempt: number) => void;
    reconnect_attempt: (attempt: number) => void;
    reconnect_error: (error: Error) => void;
    reconnect_failed: () => void;
}

/** Reads an option, or sets it. */
interface Accessor<T> {
    (): T;
    (value: T): Manager;
}

export interface EngineTransport {
    readonly name: TransportName;
}

export interface EngineEvents {
    open: (transport: EngineTransport) => void;
    /** Another transport came into use. */
    upgrade: (transport: EngineTransport) => void;
    message: (data: string | ArrayBuffer) => void;
    ping: () => void;
    /** As the manager's. */
    transport: (name: TransportName | undefined) => void;
    close: (reason: DisconnectReason, details?: unknown) => void;
}

/** The session in use: the server's name for it, and its transport. */
export interface Engine extends Emitter<EngineEvents> {
    readonly id?: string;
    readonly transport?: EngineTransport;
    /** Ends the session, as a way to try out a reconnection: sockets see `forced close`, and connect again. */
    close(): this;
    /** Sends a message of Engine.IO itself, between those of the sockets; it is numbered and kept as they are. */
    send(data: string | ArrayBuffer | Blob): this;
    write(data: string | ArrayBuffer | Blob): this;
}

/** The connection to a server, shared by its namespaces. */
export declare class Manager extends Emitter<ManagerEvents> {
    constructor(address?: string | URL, options?: ManagerOptions);
    constructor(options: ManagerOptions);
    /** The address that it was made with, in full. */
    readonly uri: string;
    /** Read anew at each attempt to connect. */
    readonly opts: ManagerOptions;
    readonly engine: Engine | undefined;
    /** The name of the transport in use; undefined while there is none. */
    readonly transport: TransportName | undefined;
    /**
     * Moves to another transport and prefers it from then on; rejected when it failed, or another was asked for in the
     * meantime. Nothing is lost, repeated or reordered, and sockets do not notice. Only a server that has no lossless
     * sessions sees a reconnection: sockets get `disconnect` (`transport close`) and `connect`. Without a connection it
     * holds for the next.
     */
    switchTransport(name: TransportName): Promise<void>;
    socket(nsp: string, options?: SocketOptions): Socket;
    /**
     * Opens the connection, unless it is open or being opened; during the pause before a reconnection, at once. The
     * callback hears how the attempt went. If that failed, it alone decides whether there is another, where there was no
     * connection before.
     */
    open(callback?: (error?: Error) => void): this;
    connect(callback?: (error?: Error) => void): this;
    /** Closes the connection, for all namespaces: their sockets see `forced close` and do not reconnect. */
    close(): void;
    disconnect(): void;
    /** `reconnection(false)` also ends the pause before a reconnection, and that. */
    reconnection: Accessor<boolean>;
    reconnectionAttempts: Accessor<number>;
    reconnectionDelay: Accessor<number>;
    reconnectionDelayMax: Accessor<number>;
    randomizationFactor: Accessor<number>;
    timeout: Accessor<number | false>;
}

/** The revision of the Socket.IO protocol. */
export declare const protocol: 5;

/**
 * A socket for a namespace. The address may name a server, a namespace, or both (`https://example.com/chat`); the
 * page's own server is the default. A user and a password in it are not sent: those belong in `auth`, or `extraHeaders`.
 */
export declare const io: {
    <Incoming = Events, Outgoing = Events>(address?: string | URL, options?: Options): Socket<Incoming, Outgoing>;
    <Incoming = Events, Outgoing = Events>(options: Options): Socket<Incoming, Outgoing>;
    io: typeof io;
    connect: typeof io;
    Manager: typeof Manager;
    Socket: typeof Socket;
    protocol: 5;
    /** Those that sockets share, by the address of their requests. */
    managers: Record<string, Manager>;
};

export declare const connect: typeof io;
export default io;
