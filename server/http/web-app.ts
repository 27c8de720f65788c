import express, { type RequestHandler, Router } from 'express';
import expressStaticGzip from 'express-static-gzip';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import path from 'node:path';

/**
 * The built web app. Its files have the hash of their content in their names, so browsers may cache them. They are sent as the
 * build compressed them, with Brotli or gzip, to clients that accept it. Any other page is the app itself, which is not
 * cached. The app uses addresses relative to its <base>, which is set here, so that one build works below any base path.
 */
export function webApp(folder: string, basePath: string): Router {
  const route = Router();
  const page = appPage(folder, basePath);
  route.use(
    '/assets',
    expressStaticGzip(path.join(folder, 'assets'), {
      index: false,
      enableBrotli: true,
      orderPreference: ['br'],
      serveStatic: {
        immutable: true,
        maxAge: '1y',
        redirect: false,
        fallthrough: false,
        setHeaders: letWorkersCompile,
      },
    }),
  );
  route.get('/service-worker.js', (_request, response, next) => {
    response.set('Cache-Control', 'no-cache'); // so that a new release is noticed
    response.sendFile('service-worker.js', { root: folder, cacheControl: false }, next);
  });
  route.use(express.static(folder, { index: false, redirect: false, maxAge: '1h' }));
  route.get('/{*page}', (request, response, next) => {
    if (!request.accepts('html') || path.extname(request.path) !== '') return next();
    return page(request, response, next);
  });
  return route;
}

/**
 * The workers that find cells and classify on the device run WebAssembly. They are the only scripts that may compile any: the policy of a
 * worker comes with its own file, not with the page.
 */
function letWorkersCompile(response: ServerResponse, file: string): void {
  if (!/^(cells|device)\.worker-/.test(path.basename(file))) return;
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'",
  );
}

/** The page at /graphql, on which people try queries, for browsers. Programs that send their queries by GET do not prefer HTML. */
export function queryPage(folder: string, basePath: string): Router {
  const route = Router();
  const page = appPage(folder, basePath);
  route.get('/graphql', (request, response, next) =>
    request.accepts(['json', 'html']) === 'html' ? page(request, response, next) : next(),
  );
  return route;
}

function appPage(folder: string, basePath: string): RequestHandler {
  const index = path.join(folder, 'index.html');
  return async (_request, response) => {
    const page = await readFile(index, 'utf8').catch(() => null);
    response.set({ 'Cache-Control': 'no-cache', Vary: 'Accept' });
    if (page !== null) {
      response.type('html').send(pageBelow(basePath, page));
      return;
    }
    response.status(404).type('text').send("The web app has not been built: run 'npm run build'.\n");
  };
}

/** The built page with its <base> and the addresses of its files below `basePath`. */
function pageBelow(basePath: string, page: string): string {
  return page
    .replace('<base href="/" />', `<base href="${basePath}/" />`)
    .replaceAll('="./', `="${basePath}/`);
}
