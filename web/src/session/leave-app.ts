/**
 * Opens an address when the session of the user has ended, so that no data of this user stays in memory or in the browser tab: the chosen
 * case and the queries of GraphiQL can name patients.
 */
export function leaveApp(address: string): void {
  window.sessionStorage.clear();
  window.location.assign(address);
}
