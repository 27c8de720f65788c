import { createServer, type IncomingMessage, type Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { ErrorCode, errorCodes } from '../api/error-codes.js';
import { startApolloServer } from '../graphql/apollo-server.js';
import type { AppServices } from '../graphql/app-services.js';
import { createSchema } from '../graphql/schema.js';
import { serveSubscriptions } from '../graphql/subscriptions.js';
import { createApp } from './app.js';
import { EventStreams } from './event-streams.js';
import { isSameOrigin } from './origin.js';
import { unknownAddress, withoutBasePath } from './proxies.js';
import { socketContext } from './request-context.js';
import { inRequest } from './request-scope.js';

/** For a WebSocket that a page of another site opens. */
const otherSite = {
  code: ErrorCode.FORBIDDEN,
  status: errorCodes.FORBIDDEN.status,
  message: 'Pages of other sites may not open a connection here.',
};

const LARGEST_MESSAGE = 1_000_000;
/** Warnings about addresses, each once: those of the first few proxies say enough. */
const MOST_WARNINGS = 3;
/** Requests of load balancers and monitoring, which come without a proxy. */
const PROBES = /\/(healthz|readyz|metrics)\b/;

export interface HttpServer {
  /** 'http://localhost:4000', with the base path after it. */
  url: string;
  /**
   * Reports at /readyz for DRAIN_MS that it is not ready, so that load balancers stop using it. Requests are still answered.
   */
  drain(): Promise<void>;
  /** Refuses new connections, ends the subscriptions, and waits at most 10 s for the requests in progress. */
  close(): Promise<void>;
}

/**
 * Listens on the configured host and port. `appFolder` contains the built web app.
 * @throws Error with the code EADDRINUSE or EACCES if it cannot listen there
 */
export async function serveHttp(services: AppServices, appFolder: string): Promise<HttpServer> {
  const { config, log } = services;
  const schema = await createSchema();
  const server = createServer();
  let draining = false;
  const apollo = await startApolloServer(schema, server, services);
  const streams = new EventStreams(services, schema, apollo);
  const app = createApp(services, apollo, streams, appFolder, () => draining);
  const warned = new Set<string>();
  const warnOfAddress = (request: IncomingMessage) => {
    if (PROBES.test(request.url ?? '')) return;
    const warning = unknownAddress(request, config);
    if (warning === null || warned.size >= MOST_WARNINGS || warned.has(warning)) return;
    warned.add(warning);
    log.warn(warning);
  };
  server.on('request', (request, response) => {
    warnOfAddress(request);
    request.url = withoutBasePath(request.url ?? '/', config);
    inRequest(request, response, () => void app(request, response));
  });
  const sockets = new WebSocketServer({
    noServer: true,
    path: '/graphql',
    maxPayload: LARGEST_MESSAGE,
    verifyClient: ({ req }, decide) => {
      if (isSameOrigin(req, config)) return decide(true);
      const { status, message: error, code } = otherSite;
      decide(false, status, JSON.stringify({ error, code }), { 'Content-Type': 'application/json' });
    },
  });
  server.on('upgrade', (request, socket, head) => {
    warnOfAddress(request);
    request.url = withoutBasePath(request.url ?? '/', config);
    inRequest(request, null, () => {
      sockets.handleUpgrade(request, socket, head, (opened) => {
        opened.on('error', (error) => log.debug({ err: error }, 'A WebSocket failed.')); // it is closed then
        sockets.emit('connection', opened, request);
      });
    });
  });
  const subscriptions = serveSubscriptions(
    sockets,
    schema,
    (request, isUse) => socketContext(services, request, isUse),
    services,
  );
  const drain = async () => {
    draining = true;
    await setTimeout(config.drainMs);
  };
  const close = async () => {
    streams.close();
    await subscriptions.close();
    await apollo.stop();
  };
  try {
    const url = (await listen(server, config.host, config.port)) + config.basePath;
    server.on('error', (error) => log.error({ err: error }, 'A connection could not be accepted.'));
    return { url, drain, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      const name = ['127.0.0.1', '0.0.0.0', '::1', '::'].includes(host) ? 'localhost' : host;
      resolve(`http://${name}:${typeof address === 'object' && address ? address.port : port}`);
    });
  });
}
