import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Settings } from '../config.js';

/** A request to S3. */
export interface ScriptedRequest {
  method: string;
  kind: 'list' | 'object';
  bucket: string;
  /** The object's key; '' for a listing. */
  key: string;
  headers: IncomingMessage['headers'];
  /** The continuation token of a listing; null for the first page. */
  position: string | null;
}

/** Answers a request to one bucket of the scripted server. */
export type S3Script = (request: ScriptedRequest, response: ServerResponse) => void;

/** A server that answers requests to each bucket with its own script. */
export interface ScriptedS3 {
  settings: S3Settings;
  /** The requests received so far. */
  requests: ScriptedRequest[];
  close(): Promise<void>;
}

/**
 * Starts a server that answers like S3 in situations that cannot be produced with a real S3 server on one machine (an archive,
 * another region, a proxy in between). Normal S3 behaviour is tested with Ceph.
 */
export async function startScriptedS3(scripts: Record<string, S3Script>): Promise<ScriptedS3> {
  const requests: ScriptedRequest[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, bucket = '', ...key] = decodeURIComponent(url.pathname).split('/');
    const scripted: ScriptedRequest = {
      method: request.method ?? 'GET',
      kind: url.searchParams.has('list-type') ? 'list' : 'object',
      bucket,
      key: key.join('/'),
      headers: request.headers,
      position: url.searchParams.get('continuation-token'),
    };
    requests.push(scripted);
    const script = scripts[bucket] ?? ((_, it) => refuse(it, 404, 'NoSuchBucket', 'no such bucket'));
    script(scripted, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    },
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with an S3 error; a HEAD request gets no body. */
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
