import { ownPage } from './own-page.js';

test.each([
  '/',
  '/predictions?label=blast&first=20',
  '/predictions/pred_0192f4c0',
  '/models/a%20b#card',
  '/?page=//evil.example',
])('%s is a page of this server', (page) => {
  expect(ownPage(page)).toBe(page);
});

test.each([
  undefined,
  ['/predictions', '/models'],
  '',
  'predictions',
  'https://evil.example/',
  'HTTPS:evil.example',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  '/oidc/sign-in?page=/',
  '/x/../oidc/sign-in',
  `/${'a'.repeat(2000)}`,
])('%j is not, and the start page opens', (page) => {
  expect(ownPage(page)).toBe('/');
});
