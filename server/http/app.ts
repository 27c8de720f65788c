import type { ApolloServer } from '@apollo/server';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { RequestContext } from '../api/context.js';
import type { AppServices } from '../graphql/app-services.js';
import { accessLog } from './access-log.js';
import { compress } from './compress.js';
import type { EventStreams } from './event-streams.js';
import { auditExport } from './export/audit-export.js';
import { predictionExport } from './export/prediction-export.js';
import { files } from './files.js';
import { graphqlRoute } from './graphql-route.js';
import { health } from './health.js';
import { metrics } from './metrics-route.js';
import { oidcRoutes } from './oidc-routes.js';
import { DESCRIPTIONS } from './openapi/descriptions.js';
import { openApiRoutes } from './openapi/openapi-routes.js';
import { predict } from './predict.js';
import { errorHandler } from './problem.js';
import { reportFiles } from './report-files.js';
import { unknownRoute } from './unknown-route.js';
import { queryPage, webApp } from './web-app.js';

/**
 * All HTTP routes of the server. `appFolder` contains the built web app. While `isDraining`, all routes work, but the server
 * reports that it is not ready.
 */
export function createApp(
  services: AppServices,
  apollo: ApolloServer<RequestContext>,
  streams: EventStreams,
  appFolder: string,
  isDraining: () => boolean,
): Express {
  const unknown = unknownRoute(Object.keys(DESCRIPTIONS));
  const app = express();
  app.set('trust proxy', services.config.trustProxy);
  app.use(accessLog(services));
  app.use(helmet({ contentSecurityPolicy: { directives: contentSecurityPolicy } }));

  app.use(keepConditions);
  app.use(health(services, isDraining));
  app.use('/metrics', metrics(services));
  app.use(['/graphql', '/audit', '/openapi.json'], compress());
  if (services.config.graphiql) app.use(queryPage(appFolder, services.config.basePath));
  app.use('/graphql', graphqlRoute(services, apollo, streams));
  app.use('/predict', predict(services));
  app.use('/files', files(services), reportFiles(services));
  app.use('/export', predictionExport(services));
  app.use('/audit', auditExport(services));
  app.use('/oidc', oidcRoutes(services));
  app.use(openApiRoutes(services.config));
  app.use(['/metrics', '/predict', '/files', '/export', '/oidc'], unknown); // no page of the app
  app.use(webApp(appFolder, services.config.basePath));
  app.use(unknown);
  app.use(errorHandler(services.log));
  return app;
}

/**
 * Makes Express answer 304 also to a request with `Cache-Control: no-cache`, which `fetch` adds to every request with If-None-Match.
 * The directive concerns caches between client and server.
 */
const keepConditions: RequestHandler = ({ headers }, _response, next) => {
  if (headers['if-none-match'] !== undefined) delete headers['cache-control'];
  next();
};

/** The web app loads everything from this server; MUI adds inline styles to the page at run time. Workers have their own policies. */
const contentSecurityPolicy = {
  'default-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'blob:', 'data:'],
  'font-src': ["'self'", 'data:'],
  'frame-ancestors': ["'none'"],
  'upgrade-insecure-requests': null, // a local start has no HTTPS
};
