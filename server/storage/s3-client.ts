import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { S3Settings } from '../config.js';
import { NotS3Error } from './s3-failures.js';

/** Tries of one request at most, with pauses of some hundred milliseconds between them. */
export const ATTEMPTS = 4;
const CONNECT_TIMEOUT_MS = 3000;
/** A connection on which no byte has moved for so long is given up. */
const IDLE_TIMEOUT_MS = 5000;
/** From the first byte of a request to the first of its answer: on a slow line an upload takes a while. */
const REQUEST_TIMEOUT_MS = 60_000;
const DEFAULT_REGION = 'us-east-1';
/** So much of a web page is read to quote it. */
const LARGEST_PAGE = 16 * 1024;

/**
 * A client of the S3 server that the settings name. Settings without credentials leave it to the AWS SDK to find some. A server
 * that does not answer fails a call within some 20 s: {@link ATTEMPTS} times the idle timeout. Instead of an answer that is not
 * S3's (a web page), its calls throw NotS3Error.
 * @param region instead of the one that the settings or the profile say
 */
export function openS3Client(settings: S3Settings, region?: string): S3Client {
  // The SDK would print a page on the Node versions of its future; the version here is pinned and works with this one.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const client = new S3Client({
    region: region ?? (() => regionOf(settings)),
    ...(settings.credentials && { credentials: settings.credentials }),
    // Servers other than Amazon's seldom have a host name for each bucket.
    ...(settings.endpoint && { endpoint: settings.endpoint, forcePathStyle: true }),
    // Amazon's newer default checksums break other servers; what matters here is verified by SHA-256 anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      // The SDK itself does not look at AWS_CA_BUNDLE.
      ...(settings.caBundle && {
        httpsAgent: { ca: [...rootCertificates, readFileSync(settings.caBundle, 'utf8')] },
      }),
    },
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      await refuseWebPage(result.response);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'refuseWebPage' }, // before the SDK reads the body
  );
  return client;
}

/** The region of the settings; else the one of the AWS profile (AWS_PROFILE, ~/.aws/config), else 'us-east-1'. */
export async function regionOf({ region }: S3Settings): Promise<string> {
  if (region !== null) return region;
  // A client that is told no region looks for the profile's, and throws where there is none.
  return new S3Client({}).config.region().catch(() => DEFAULT_REGION);
}

const Answer = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.custom<AsyncIterable<Uint8Array> | undefined>(),
});

/** Throws NotS3Error for a web page, unless it is an object (which has an ETag) or an error that S3 itself has signed. */
async function refuseWebPage(response: unknown): Promise<void> {
  const { statusCode, headers, body } = Answer.parse(response);
  const isPage = /^(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '');
  if (!isPage || headers.etag !== undefined || headers['x-amz-request-id'] !== undefined) return;
  throw new NotS3Error(statusCode, body ? await summaryOf(body) : '');
}

/** The title of a page, or how its text begins, in at most 80 characters. */
async function summaryOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= LARGEST_PAGE) break; // which closes the connection
    }
  } catch {
    // What came is enough.
  }
  const html = Buffer.concat(chunks).toString('utf8');
  const title = /<title[^>]*>([^<]*)/i.exec(html)?.[1];
  const text = html.replace(/<(script|style)\b.*?<\/\1>/gis, ' ').replace(/<[^>]*>/g, ' ');
  return (title?.trim() || text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 80);
}
