import type { ApolloServer } from '@apollo/server';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { RequestContext } from '../api/context.js';
import { ErrorCode } from '../api/error-codes.js';
import type { AppServices } from '../graphql/app-services.js';
import { accessLog } from './access-log.js';
import { auditExport } from './audit-export.js';
import { files } from './files.js';
import { graphqlRoute } from './graphql-route.js';
import { metrics } from './metrics-route.js';
import { oidcRoutes } from './oidc-routes.js';
import { predict } from './predict.js';
import { errorHandler, sendProblem } from './problem.js';
import { readiness } from './readiness.js';
import { webApp } from './web-app.js';

/**
 * All HTTP routes of the server. `appFolder` contains the built web app. While `isDraining`, all routes work, but the server
 * reports that it is not ready.
 */
export function createApp(
  services: AppServices,
  apollo: ApolloServer<RequestContext>,
  appFolder: string,
  isDraining: () => boolean,
): Express {
  const app = express();
  app.set('trust proxy', services.config.trustProxy);
  app.use(accessLog(services));
  app.use(helmet({ contentSecurityPolicy: { directives: contentSecurityPolicy } }));

  app.get('/healthz', (_request, response) => void response.json({ alive: true }));
  app.get('/readyz', async (_request, response) => {
    if (isDraining()) {
      response.status(503).set('Cache-Control', 'no-store').json({ ready: false, state: 'stopping' });
      return;
    }
    const { ready, checks } = await readiness(services);
    response
      .status(ready ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ ready, checks });
  });
  app.use('/metrics', metrics(services));
  app.use('/graphql', graphqlRoute(services, apollo));
  app.use('/predict', predict(services));
  app.use('/files', files(services));
  app.use('/audit', auditExport(services));
  app.use('/oidc', oidcRoutes(services));
  app.use(['/metrics', '/predict', '/files', '/oidc'], nothingThere); // no page of the app
  app.use(webApp(appFolder, services.config.basePath));
  app.use(nothingThere);
  app.use(errorHandler(services.log));
  return app;
}

const nothingThere: RequestHandler = ({ method, originalUrl }, response) => {
  const message = `Nothing is at ${method} ${originalUrl}.`;
  sendProblem(response, { status: 404, code: ErrorCode.NOT_FOUND, message });
};

/** The web app loads everything from this server; MUI adds inline styles to the page at run time. */
const contentSecurityPolicy = {
  'default-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'blob:', 'data:'],
  'font-src': ["'self'", 'data:'],
  'frame-ancestors': ["'none'"],
  'upgrade-insecure-requests': null, // a local start has no HTTPS
};
