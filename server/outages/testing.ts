import { once } from 'node:events';
import net from 'node:net';

/**
 * What a proxy does to the traffic through it.
 * - `pass`: nothing.
 * - `delay`: everything comes so much later, both ways.
 * - `silence`: nothing passes, and nobody is told. When it ends, what was sent meanwhile arrives, as TCP sends again what was
 *   not acknowledged. `replies` lets the requests through and holds only the answers.
 * - `lose`: the same, but what was sent meanwhile never arrives, and connections of that time stay silent for ever, as when a
 *   firewall forgot them. New ones work once it has ended.
 * - `reset`: every connection is reset, new ones as soon as they send something.
 * - `refuse`: every connection is reset, and nothing listens.
 */
export type TcpFault =
  | { kind: 'pass' }
  | { kind: 'delay'; milliseconds: number }
  | { kind: 'silence' | 'lose'; only?: 'replies' }
  | { kind: 'reset' }
  | { kind: 'refuse' };

export interface TcpProxy {
  readonly port: number;
  /** The same address with the proxy's host and port in place of its own. */
  through(url: string): string;
  /** Begins a fault, in place of the one before. */
  set(fault: TcpFault): Promise<void>;
  /** Ends the fault. */
  heal(): Promise<void>;
  /** How many connections are open through it. */
  readonly connections: number;
  close(): Promise<void>;
}

/**
 * Listens on a free port of this machine and passes everything on to `target`, with faults that can be switched while it runs.
 * @param target an address with a host and a port, such as that of a Postgres or an S3 server
 */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const links = new Set<Link>();
  let fault: TcpFault = { kind: 'pass' };

  const server = net.createServer((client) => {
    const link = new Link(
      client,
      { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) },
      () => fault,
    );
    links.add(link);
    link.onEnd(() => links.delete(link));
  });
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');

  const resetAll = () => {
    for (const link of links) link.reset();
  };
  const set = async (next: TcpFault) => {
    fault = next;
    if (next.kind === 'refuse' && server.listening) server.close();
    if (next.kind !== 'refuse' && !server.listening) await listen(address.port);
    if (next.kind === 'refuse' || next.kind === 'reset') resetAll();
    for (const link of links) link.faultChanged();
  };
  return {
    port: address.port,
    through: (url) => {
      const changed = new URL(url);
      changed.hostname = '127.0.0.1';
      changed.port = String(address.port);
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

/** One connection through the proxy: two directions, which end together. */
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

/** What goes one way through a connection, in its order. */
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

  /** Lets go what a fault that has ended held back. */
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

/** A socket that is being shut down can no longer be reset: libuv refuses, and Node then waits for it for ever when it exits. */
function resetSocket(socket: net.Socket): void {
  if (socket.writableEnded || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}
