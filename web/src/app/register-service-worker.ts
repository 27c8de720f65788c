/**
 * Installs the service worker, which opens the app without a connection, once the page has loaded and has nothing else to do. Browsers
 * allow it only for HTTPS and for this computer.
 */
export function registerServiceWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const register = () =>
    void navigator.serviceWorker
      .register(new URL('service-worker.js', document.baseURI), {
        scope: new URL('.', document.baseURI).pathname,
      })
      .catch(() => undefined); // the app works without it
  const registerSoon = () => window.setTimeout(register, AFTER_LOADING_MS);
  // The app starts after its first script has loaded other files, so the page may have loaded before.
  if (document.readyState === 'complete') registerSoon();
  else window.addEventListener('load', registerSoon);
}

/** Until then, the first page loads its last parts. */
const AFTER_LOADING_MS = 2_000;
