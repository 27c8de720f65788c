import { connect, type Socket } from 'node:net';

export interface Response {
  status: number;
  body: string;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * A kept-alive HTTP/1.1 connection that sends one request at a time, with as little work as possible, because the load
 * generator shares the cores with what it measures. It connects again when the server has closed the connection.
 */
export class HttpConnection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | null = null;
  #received: Buffer[] = [];
  #waiting: { resolve: (response: Response) => void; reject: (error: Error) => void } | null = null;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** Sends a whole request, given in pieces, and resolves with the whole response. */
  send(pieces: readonly Buffer[]): Promise<Response> {
    const socket = (this.#socket ??= this.#open());
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect(this.#port, this.#host).setNoDelay();
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => {
      this.#socket = null;
      this.#fail(new Error('The server closed the connection before it had answered.'));
    });
    return socket;
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk);
    const received = this.#received.length === 1 ? chunk : Buffer.concat(this.#received);
    try {
      const response = parseResponse(received);
      if (!response) return;
      this.#received = [];
      this.#waiting?.resolve(response);
      this.#waiting = null;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    this.#received = [];
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}

/** Returns null while the response is incomplete. */
function parseResponse(bytes: Buffer): Response | null {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`A response without Content-Length: ${head}`);
  const begin = end + END_OF_HEAD.length;
  if (bytes.length < begin + Number(length)) return null;
  return {
    status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)),
    body: bytes.toString('utf8', begin, begin + Number(length)),
  };
}
