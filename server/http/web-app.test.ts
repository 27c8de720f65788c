import express from 'express';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { webApp } from './web-app.js';

const SCRIPT = `export const words = ${JSON.stringify('a long script '.repeat(300))};`;

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'web-app-'));
  const file = path.join(folder, 'assets/main-1a2b.js');
  await mkdir(path.dirname(file));
  await writeFile(file, SCRIPT);
  await writeFile(`${file}.br`, brotliCompressSync(SCRIPT));
  await writeFile(`${file}.gz`, gzipSync(SCRIPT));
  await writeFile(path.join(folder, 'assets/short.js'), 'export {};');
  server = createServer(express().use(webApp(folder, '')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** Requests a file without decoding its body, as `fetch` would. */
function request(
  name: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: Buffer }> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    get({ port, path: `/assets/${name}`, headers, method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
      );
    }).on('error', reject);
  });
}

test('files are sent as the build compressed them, in an encoding that the client accepts', async () => {
  const brotli = await request('main-1a2b.js', { 'Accept-Encoding': 'gzip, deflate, br' });
  expect(brotli.headers).toMatchObject({
    'content-encoding': 'br',
    'content-type': 'text/javascript; charset=UTF-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'Accept-Encoding',
  });
  expect(brotliDecompressSync(brotli.body).toString()).toBe(SCRIPT);

  const gzip = await request('main-1a2b.js', { 'Accept-Encoding': 'gzip, br;q=0' });
  expect(gzip.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  expect(gunzipSync(gzip.body).toString()).toBe(SCRIPT);

  const plain = await request('main-1a2b.js');
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(plain.headers.vary).toBe('Accept-Encoding');
  expect(plain.body.toString()).toBe(SCRIPT);
  expect((await request('short.js', { 'Accept-Encoding': 'br' })).body.toString()).toBe('export {};');

  const tags = [brotli, gzip, plain].map(({ headers }) => headers.etag);
  expect(new Set(tags).size).toBe(3);
});

test('conditions, parts and HEAD apply to the compressed file', async () => {
  const encoding = { 'Accept-Encoding': 'br' };
  const { headers, body } = await request('main-1a2b.js', encoding);
  const unchanged = await request('main-1a2b.js', { ...encoding, 'If-None-Match': headers.etag ?? '' });
  expect([unchanged.status, unchanged.body.length, unchanged.headers.vary]).toEqual([
    304,
    0,
    'Accept-Encoding',
  ]);

  const part = await request('main-1a2b.js', { ...encoding, Range: 'bytes=2-9' });
  expect([part.status, part.headers['content-encoding']]).toEqual([206, 'br']);
  expect(part.body).toEqual(body.subarray(2, 10));

  const head = await request('main-1a2b.js', encoding, 'HEAD');
  expect(head.headers['content-length']).toBe(String(body.length));
  expect(head.body.length).toBe(0);
});

test('a file that does not exist is not found, in any encoding', async () => {
  expect((await request('missing.js', { 'Accept-Encoding': 'br' })).status).toBe(404);
});
