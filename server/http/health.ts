import { Router } from 'express';
import { z } from 'zod';
import type { Services } from '../api/context.js';
import { type RouteDescription, schemaOf } from './openapi/route-description.js';
import { readiness, Readiness } from './readiness.js';

const checked = { 'application/json': schemaOf(Readiness) };
const stopping = z.object({ ready: z.literal(false), state: z.literal('stopping') });

export const healthDescriptions = {
  'GET /healthz': {
    operationId: 'getHealth',
    summary: 'Whether the process is running.',
    permissions: [],
    responses: {
      200: {
        description: 'The process is running.',
        content: { 'application/json': schemaOf(z.object({ alive: z.literal(true) })) },
      },
    },
  },
  'GET /readyz': {
    operationId: 'getReadiness',
    summary: 'Whether this process can classify now: database, object store and champions.',
    permissions: [],
    responses: {
      200: { description: 'It can.', content: checked },
      503: {
        description: 'It cannot, or it is about to stop.',
        content: { 'application/json': schemaOf(z.union([Readiness, stopping])) },
      },
    },
  },
} satisfies Record<string, RouteDescription>;

/** GET /healthz and GET /readyz. While `isDraining`, the server is not ready, but answers all requests. */
export function health(services: Services, isDraining: () => boolean): Router {
  const route = Router();
  route.get('/healthz', (_request, response) => void response.json({ alive: true }));
  route.get('/readyz', async (_request, response) => {
    response.set('Cache-Control', 'no-store');
    if (isDraining()) {
      response.status(503).json({ ready: false, state: 'stopping' });
      return;
    }
    const { ready, checks } = await readiness(services);
    response.status(ready ? 200 : 503).json({ ready, checks });
  });
  return route;
}
