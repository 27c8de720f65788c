import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { S3Settings } from '../config.js';
import { NotS3Error } from './s3-failures.js';

/** The maximum number of attempts of a request, with pauses of some hundred milliseconds between them. */
export const ATTEMPTS = 4;
const CONNECT_TIMEOUT_MS = 3000;
/** A connection without any traffic for this long is closed. */
const IDLE_TIMEOUT_MS = 5000;
/** From the first byte of a request to the first byte of its response. Long, because an upload over a slow line takes a while. */
const REQUEST_TIMEOUT_MS = 60_000;
const DEFAULT_REGION = 'us-east-1';
/** The number of bytes of a web page that are read to quote it. */
const LARGEST_PAGE = 16 * 1024;

/**
 * Creates a client for the S3 server in the settings. Without credentials in the settings, the AWS SDK looks for some. A call to a
 * server that does not answer fails within about 20 s: {@link ATTEMPTS} times the idle timeout. A response that is not from S3 (a web
 * page) makes a call throw NotS3Error.
 * @param region replaces the region of the settings or the profile
 */
export function openS3Client(settings: S3Settings, region?: string): S3Client {
  // The SDK would print a long warning about Node versions that future releases need. Its version is pinned and works with this Node.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const client = new S3Client({
    region: region ?? (() => regionOf(settings)),
    ...(settings.credentials && { credentials: settings.credentials }),
    // Servers other than Amazon's rarely have a host name for each bucket.
    ...(settings.endpoint && { endpoint: settings.endpoint, forcePathStyle: true }),
    // Amazon's newer default checksums do not work with some other servers. Objects are verified by SHA-256 anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      // The SDK itself ignores AWS_CA_BUNDLE.
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

/** The region in the settings, or that of the AWS profile (AWS_PROFILE, ~/.aws/config), or 'us-east-1'. */
export async function regionOf({ region }: S3Settings): Promise<string> {
  if (region !== null) return region;
  // A client without a region uses that of the profile, and throws if there is none.
  return new S3Client({}).config.region().catch(() => DEFAULT_REGION);
}

const Answer = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.custom<AsyncIterable<Uint8Array> | undefined>(),
});

/** Throws NotS3Error for a web page, unless it is an object (which has an ETag) or an error from S3 itself (which has a request id). */
async function refuseWebPage(response: unknown): Promise<void> {
  const { statusCode, headers, body } = Answer.parse(response);
  const isPage = /^(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '');
  if (!isPage || headers.etag !== undefined || headers['x-amz-request-id'] !== undefined) return;
  throw new NotS3Error(statusCode, body ? await summaryOf(body) : '');
}

/** The title of a page, or the beginning of its text, at most 80 characters. */
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
    // Use what was received.
  }
  const html = Buffer.concat(chunks).toString('utf8');
  const title = /<title[^>]*>([^<]*)/i.exec(html)?.[1];
  const text = html.replace(/<(script|style)\b.*?<\/\1>/gis, ' ').replace(/<[^>]*>/g, ' ');
  return (title?.trim() || text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 80);
}
