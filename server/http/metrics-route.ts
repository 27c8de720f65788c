import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type RequestHandler, Router } from 'express';
import type { Services } from '../api/context.js';
import type { RouteDescription } from './openapi/route-description.js';

export const metricsDescription: RouteDescription = {
  operationId: 'getMetrics',
  summary: "Metrics in Prometheus's text format.",
  description: 'For programs on the same machine, or with the token of METRICS_TOKEN. All others get 404.',
  permissions: 'this machine',
  responses: { 200: { description: 'The metrics.', content: { 'text/plain': { type: 'string' } } } },
  problems: [404],
};

/**
 * The metrics, in Prometheus's text format. With METRICS_TOKEN, requests must send it ('Authorization: Bearer …'); without,
 * only programs on this machine may read the metrics, not through a proxy. All other requests get 404.
 */
export function metrics({ config, metrics: { registry } }: Pick<Services, 'config' | 'metrics'>): Router {
  const route = Router();
  const refuseOthers: RequestHandler = (request, _response, next) => {
    next(mayRead(request, config.metricsToken) ? undefined : 'router');
  };
  route.get('/', refuseOthers, async (_request, response) => {
    response.set({ 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' });
    response.send(await registry.metrics());
  });
  return route;
}

function mayRead({ headers, socket }: IncomingMessage, token: string | null): boolean {
  if (token !== null) {
    const sent = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(digestOf(sent), digestOf(token));
  }
  const isForwarded = 'x-forwarded-for' in headers || 'forwarded' in headers;
  return !isForwarded && isLoopback(socket.remoteAddress ?? '');
}

const digestOf = (text: string) => createHash('sha256').update(text).digest();

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
