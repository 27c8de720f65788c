import { Router } from 'express';
import type { Config } from '../../config.js';
import { DESCRIPTIONS } from './descriptions.js';
import { openApiDocument } from './openapi-document.js';
import { openApiPage } from './openapi-page.js';

/** GET /openapi.json and GET /docs: the description of the REST routes for programs and for people. */
export function openApiRoutes({ publicUrl, basePath }: Pick<Config, 'publicUrl' | 'basePath'>): Router {
  const document = openApiDocument(DESCRIPTIONS, publicUrl ?? (basePath || '/'));
  const page = openApiPage(document);
  const route = Router();
  route.get('/openapi.json', (_request, response) => {
    response.set('Cache-Control', 'no-cache').json(document);
  });
  route.get('/docs', (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('html').send(page);
  });
  return route;
}
