/**
 * Where the browser goes to sign in with the identity provider.
 * @param url of the server, from `signInMethods`
 * @param page to open after it, such as '/predictions?label=blast'
 */
export function providerUrl(url: string, page: string): string {
  return `${url}?${new URLSearchParams({ page }).toString()}`;
}

/** The page that the person wanted: that of the current address, or of a sign-in that failed. */
export function pageAfterSignIn(): string {
  const { pathname, search } = window.location;
  const wanted = new URLSearchParams(search).get('page');
  if (new URLSearchParams(search).has('sign-in-problem')) return wanted ?? '/';
  return pathname.slice(new URL(document.baseURI).pathname.length - 1) + search;
}
