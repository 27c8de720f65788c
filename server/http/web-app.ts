import express, { Router } from 'express';
import { access } from 'node:fs/promises';
import path from 'node:path';

/**
 * The built web app. Its files carry their content's hash in their names, so browsers may keep them; any other page is
 * the app itself, which finds out what to show, and is asked for anew each time.
 */
export function webApp(folder: string): Router {
  const index = path.join(folder, 'index.html');
  const route = Router();
  route.use(
    '/assets',
    express.static(path.join(folder, 'assets'), { immutable: true, maxAge: '1y', fallthrough: false }),
  );
  route.use(express.static(folder, { index: false, maxAge: '1h' }));
  route.get('/{*page}', async (request, response, next) => {
    if (!request.accepts('html') || path.extname(request.path) !== '') return next();
    const built = await access(index).then(
      () => true,
      () => false,
    );
    response.set('Cache-Control', 'no-cache');
    if (built) return response.sendFile(index);
    response.status(404).type('text').send("The web app has not been built: run 'npm run build'.\n");
  });
  return route;
}
