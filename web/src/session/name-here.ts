/**
 * The name of something that a browser keeps for a whole host, such as a database: with the base path of the app if it has one, because two
 * installations can be at two base paths of one host.
 * @param basePath default: that of the page; workers have no page
 */
export function nameHere(name: string, basePath = new URL(document.baseURI).pathname): string {
  return basePath === '/' ? name : `${name} ${basePath}`;
}
