/**
 * The base path of the app and its API: '/', or for example '/cytograph/' behind a proxy. The server writes it into the page's
 * <base> element.
 */
export function basePath(): string {
  return new URL(document.baseURI).pathname;
}
