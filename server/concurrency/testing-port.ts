import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * The range of the ports. It is below those that systems give to outgoing connections and to servers that ask for any port, so that
 * a port stays free until the program that it is for listens, also while that program is started again.
 */
const [FIRST, COUNT] = [20_000, 10_000];

/** A TCP port of this computer that nothing listens on now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}
