import { basePath } from './app/base-path.js';
import { loadPageAt } from './app/pages.js';
import { askForViewer } from './session/ask-for-viewer.js';

void main();

/** Asks for what the app needs first while the app itself, which is large, arrives: who is signed in, and the code of the page. */
async function main(): Promise<void> {
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no element with the id "root".');
  const viewer = askForViewer(document.baseURI);
  loadPageAt(location.pathname.slice(basePath().length));
  await import('react-dom/client'); // its file runs alone, so that the browser can paint before the next one does
  const { startApp } = await import('./app/start-app.js');
  startApp(root, await viewer);
}
