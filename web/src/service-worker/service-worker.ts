import { cleanupOutdatedCaches, matchPrecache, precache } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';

// Opens the app without a connection. It keeps only the files of the app, which are the same for everyone: never an answer of the API,
// an image, or anything else that depends on who is signed in.
//
// A new release is installed beside the running one and takes over when all tabs of the app are closed. So a tab that was opened
// before an update still finds the files that it loads later.

/** The files of the app, written by `web/build-service-worker.ts`. The first is the page. */
declare const FILES: { url: string; revision: string | null }[];
/** Files that are loaded, and then kept, only where the user classifies on the device. */
declare const FILES_ON_DEVICE: string[];

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

/** The part of ServiceWorkerGlobalScope that is used. The types of workers and of pages exclude each other. */
declare const self: {
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: 'activate', listener: (event: ExtendableEvent) => void): void;
};

const PAGE = './';
const here = (url: string) => new URL(url, self.location.href).href;
/** With the base path, because two installations can be at two base paths of one host. */
const CACHE_ON_DEVICE = `cytograph-on-device ${new URL(here(PAGE)).pathname}`;
const kept = new Set(FILES.map(({ url }) => here(url)).filter((url) => url !== here(PAGE)));
const keptOnDevice = new Set(FILES_ON_DEVICE.map(here));

precache(FILES);
cleanupOutdatedCaches();

self.addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([removeOutdated(), self.clients.claim()]));
});

registerRoute(
  ({ url }) => kept.has(url.href),
  async ({ request }) => (await matchPrecache(request.url)) ?? fetch(request),
);

registerRoute(
  ({ url }) => keptOnDevice.has(url.href),
  async ({ request }) => {
    const cache = await caches.open(CACHE_ON_DEVICE);
    const found = await cache.match(request.url);
    if (found) return found;
    const response = await fetch(request);
    if (response.ok) await cache.put(request.url, response.clone());
    return response;
  },
);

// The server decides about the page while it can be reached: a new release is used at the next visit.
registerRoute(
  ({ request }) => request.mode === 'navigate',
  async ({ request }) => {
    try {
      return await fetch(request);
    } catch (error) {
      const page = await matchPrecache(here(PAGE));
      if (page) return page;
      throw error;
    }
  },
);

/** Removes files of earlier releases. */
async function removeOutdated(): Promise<void> {
  const cache = await caches.open(CACHE_ON_DEVICE);
  for (const { url } of await cache.keys()) if (!keptOnDevice.has(url)) await cache.delete(url);
}
