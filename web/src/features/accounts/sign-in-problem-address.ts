/** The query parameter with which the server opens the app after a sign-in with the provider has failed. */
const PROBLEM = 'sign-in-problem';

/** The code of the problem in the page's address; null on any other page. */
export function problemInAddress(): string | null {
  return new URLSearchParams(window.location.search).get(PROBLEM);
}
