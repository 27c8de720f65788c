/**
 * The path below which the app and its API are reached: '/', or '/cytograph/' behind a proxy that serves them there.
 * The server writes it into the page's <base>.
 */
export function basePath(): string {
  return new URL(document.baseURI).pathname;
}
