import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Settings } from '../config.js';

/** What a request asks of S3. */
export interface S3Question {
  method: string;
  kind: 'list' | 'object';
  bucket: string;
  /** '' for a listing. */
  key: string;
  headers: IncomingMessage['headers'];
  /** Of a listing: where to go on. */
  position: string | null;
}

/** Answers one request; a bucket of the scripted server. */
export type S3Script = (question: S3Question, response: ServerResponse) => void;

/** A server that answers each bucket by its own script. */
export interface ScriptedS3 {
  settings: S3Settings;
  /** What was asked so far. */
  asked: S3Question[];
  close(): Promise<void>;
}

/**
 * A server that answers like S3 in situations that no S3 server can be brought into on one machine (an archive, another region,
 * a proxy in between). What a working S3 does is tested with Ceph.
 */
export async function startScriptedS3(scripts: Record<string, S3Script>): Promise<ScriptedS3> {
  const asked: S3Question[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, bucket = '', ...key] = decodeURIComponent(url.pathname).split('/');
    const question: S3Question = {
      method: request.method ?? 'GET',
      kind: url.searchParams.has('list-type') ? 'list' : 'object',
      bucket,
      key: key.join('/'),
      headers: request.headers,
      position: url.searchParams.get('continuation-token'),
    };
    asked.push(question);
    const script = scripts[bucket] ?? ((_, it) => refuse(it, 404, 'NoSuchBucket', 'no such bucket'));
    script(question, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    },
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with an error as S3 writes it; a HEAD request gets no body. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
  more = '',
): void {
  response.writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'R1', ...headers });
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Answers with a listing of these keys, in this order. */
export function answerListing(
  response: ServerResponse,
  objects: readonly { key: string; byteSize: number }[],
  next?: string,
): void {
  const contents = objects.map(
    ({ key, byteSize }) =>
      `<Contents><Key>${key}</Key><ETag>&quot;e-${key}&quot;</ETag><Size>${byteSize}</Size></Contents>`,
  );
  const more = next ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>bucket</Name><KeyCount>${objects.length}</KeyCount>` +
      `<IsTruncated>${Boolean(next)}</IsTruncated>${more}${contents.join('')}</ListBucketResult>`,
  );
}

/** Answers with an object. */
export function answerObject(
  response: ServerResponse,
  bytes: Uint8Array,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { etag: '"e"', 'content-length': String(bytes.byteLength), ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}
