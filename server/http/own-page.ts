/**
 * A page of this server, such as '/predictions?label=blast'; '/' for anything else, so that a link to the sign-in cannot send
 * people to another site.
 */
export function ownPage(page: unknown): string {
  const HERE = 'http://here.invalid';
  if (typeof page !== 'string' || page.length > 1000) return '/';
  // Browsers read '\' as '/' and leave out control characters: '/\evil.example' is another site.
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(page) || page.includes('\\')) return '/';
  if (!URL.canParse(page, HERE)) return '/';
  const { origin, pathname, search, hash } = new URL(page, HERE);
  if (origin !== HERE || pathname.startsWith('//') || pathname.startsWith('/oidc')) return '/';
  return pathname + search + hash;
}
