import { once } from 'node:events';
import net from 'node:net';
import { freePort } from '../concurrency/testing-port.js';

/**
 * The effect of a proxy on its traffic.
 * - `pass`: none.
 * - `delay`: all data is delayed in both directions.
 * - `silence`: no data passes, without an error. When the fault ends, the data sent during it arrives, as TCP retransmits data
 *   that was not acknowledged. With `replies`, requests pass and only responses are held back.
 * - `lose`: like `silence`, but the data sent during the fault never arrives, and the connections of that time stay silent for
 *   ever, as when a firewall has dropped their state. New connections work after the fault.
 * - `reset`: every connection is reset; new connections as soon as they send data.
 * - `refuse`: every connection is reset, and new connections are refused.
 */
export type TcpFault =
  | { kind: 'pass' }
  | { kind: 'delay'; milliseconds: number }
  | { kind: 'silence' | 'lose'; only?: 'replies' }
  | { kind: 'reset' }
  | { kind: 'refuse' };

export interface TcpProxy {
  readonly port: number;
  /** The target's URL with the host and port of the proxy. */
  through(url: string): string;
  /** Starts a fault, which replaces the current one. */
  set(fault: TcpFault): Promise<void>;
  /** Ends the fault. */
  heal(): Promise<void>;
  /** The number of open connections through the proxy. */
  readonly connections: number;
  close(): Promise<void>;
}

/**
 * Starts a TCP proxy on a free port of this machine, with faults that can be changed while it runs.
 * @param target a URL with a host and a port, such as that of a Postgres or an S3 server
 */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const to = new URL(target);
  const links = new Set<Link>();
  const port = await freePort();
  let fault: TcpFault = { kind: 'pass' };

  const server = net.createServer((client) => {
    const link = new Link(
      client,
      { host: to.hostname.replace(/^\[|\]$/g, ''), port: Number(to.port) },
      () => fault,
    );
    links.add(link);
    link.onEnd(() => links.delete(link));
  });
  const listen = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen();

  const resetAll = () => {
    for (const link of links) link.reset();
  };
  const set = async (next: TcpFault) => {
    fault = next;
    if (next.kind === 'refuse' && server.listening) server.close();
    if (next.kind !== 'refuse' && !server.listening) await listen();
    if (next.kind === 'refuse' || next.kind === 'reset') resetAll();
    for (const link of links) link.faultChanged();
  };
  return {
    port,
    through: (url) => {
      const changed = new URL(url);
      changed.hostname = '127.0.0.1';
      changed.port = String(port);
      return changed.href;
    },
    set,
    heal: () => set({ kind: 'pass' }),
    get connections() {
      return links.size;
    },
    close: async () => {
      if (server.listening) server.close();
      resetAll();
    },
  };
}

/** A connection through the proxy. Its two directions end together. */
class Link {
  readonly #client: net.Socket;
  readonly #target: net.Socket;
  readonly #directions: Direction[];

  constructor(client: net.Socket, to: net.TcpNetConnectOpts, fault: () => TcpFault) {
    this.#client = client;
    this.#target = net.connect(to);
    client.setNoDelay(true);
    this.#target.setNoDelay(true);
    const toTarget = new Direction(this.#target, 'requests', fault, () => this.reset());
    const toClient = new Direction(this.#client, 'replies', fault, () => this.reset());
    this.#directions = [toTarget, toClient];
    for (const [from, direction] of [
      [client, toTarget],
      [this.#target, toClient],
    ] as const) {
      from.on('data', (bytes) => direction.take(bytes));
      from.on('end', () => direction.take('end'));
      from.on('error', () => direction.take('reset'));
    }
  }

  onEnd(handler: () => void): void {
    this.#client.once('close', () => {
      if (this.#target.destroyed) handler();
    });
    this.#target.once('close', () => {
      if (this.#client.destroyed) handler();
    });
  }

  reset(): void {
    resetSocket(this.#client);
    this.#target.destroy();
  }

  faultChanged(): void {
    for (const direction of this.#directions) direction.flush();
  }
}

type Piece = Buffer | 'end' | 'reset';

/** One direction of a connection. Keeps the order of the data. */
class Direction {
  #held: Piece[] = [];
  #isLost = false;

  constructor(
    private readonly to: net.Socket,
    private readonly way: 'requests' | 'replies',
    private readonly fault: () => TcpFault,
    private readonly reset: () => void,
  ) {}

  take(piece: Piece): void {
    const fault = this.fault();
    if (fault.kind === 'reset') return this.reset();
    if (this.#isSilent(fault)) {
      if (fault.kind === 'lose') this.#isLost = true;
      else this.#held.push(piece);
    } else if (fault.kind === 'delay') setTimeout(() => this.#pass(piece), fault.milliseconds);
    else this.#pass(piece);
  }

  /** Sends the data that a fault, now ended, has held back. */
  flush(): void {
    const fault = this.fault();
    if (fault.kind === 'lose' && this.#isSilent(fault)) this.#isLost = true;
    if (this.#isSilent(fault)) return;
    for (const piece of this.#held.splice(0)) this.#pass(piece);
  }

  #isSilent(fault: TcpFault): fault is Extract<TcpFault, { kind: 'silence' | 'lose' }> {
    const isFault = fault.kind === 'silence' || fault.kind === 'lose';
    return isFault && (fault.only === undefined || fault.only === this.way);
  }

  #pass(piece: Piece): void {
    if (this.#isLost || this.to.destroyed) return;
    if (piece === 'end') this.to.end();
    else if (piece === 'reset') resetSocket(this.to);
    else this.to.write(piece);
  }
}

/** A socket that is shutting down cannot be reset: libuv refuses to, and Node would then wait for the socket for ever on exit. */
function resetSocket(socket: net.Socket): void {
  if (socket.writableEnded || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}
