import { createHmac } from 'node:crypto';
import { type LookupAddress, lookup as resolve } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { types } from 'node:util';
import { isPublicAddress } from './public-address.js';
import { type WebhookRules, webhookUrlFault } from './webhook-url.js';

/** Milliseconds for the whole request, with the response. */
const TIMEOUT_MS = 10_000;
/** Bytes of the response that are read, to end it properly. Its content is not used. */
const LONGEST_RESPONSE = 64 * 1024;

/** The result of one try. */
export interface Answer {
  /** HTTP status; null: no response. */
  status: number | null;
  /** Why the message counts as not delivered; null: it was delivered. */
  error: string | null;
  durationMs: number;
}

export interface Message {
  /** The same for every try, so that the receiver can recognise a message that it has processed. */
  id: string;
  body: string;
}

/**
 * The headers of a message, by Standard Webhooks 1.0.0 (standardwebhooks.com): the signature is HMAC-SHA-256 over id, time and body.
 * @param time when it is sent, in seconds since 1970
 */
export function signedHeaders({ id, body }: Message, key: Buffer, time: number): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'user-agent': 'Cytograph-Webhook/1',
    'webhook-id': id,
    'webhook-timestamp': String(time),
    'webhook-signature': `v1,${signature}`,
  };
}

/**
 * Sends a message once. Only a status from 200 to 299 counts as delivered. Redirects are not followed. The host name is resolved once, and the
 * connection goes to the address that was checked. Never rejects, except with the reason of `signal`.
 */
export async function sendMessage(
  url: string,
  message: Message,
  { key, time, rules, signal }: { key: Buffer; time: number; rules: WebhookRules; signal: AbortSignal },
): Promise<Answer> {
  const start = performance.now();
  const took = () => performance.now() - start;
  const fault = webhookUrlFault(url, rules); // the settings may have changed since the webhook was created
  if (fault !== null) return { status: null, error: fault, durationMs: took() };
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const status = await post(url, message.body, {
      headers: signedHeaders(message, key, time),
      lookup: lookupOf(rules),
      signal: AbortSignal.any([signal, timeout]),
    });
    return { status, error: errorOf(status), durationMs: took() };
  } catch (error) {
    signal.throwIfAborted();
    const text = timeout.aborted ? `No complete response within ${TIMEOUT_MS / 1000} s.` : textOf(error);
    return { status: null, error: text, durationMs: took() };
  }
}

function errorOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    return `The receiver answered with the redirect ${status}, which is not followed. Enter the address that it leads to.`;
  }
  return `The receiver answered with the status ${status}.`;
}

function textOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return `The receiver could not be reached: ${error.message || code || error.name}`;
}

interface Request {
  headers: Record<string, string>;
  lookup: LookupFunction;
  signal: AbortSignal;
}

/** The status of the response, after its end or the first {@link LONGEST_RESPONSE} bytes. */
function post(url: string, body: string, { headers, lookup, signal }: Request): Promise<number> {
  return new Promise((resolveStatus, reject) => {
    const { request } = new URL(url).protocol === 'https:' ? https : http;
    const length = Buffer.byteLength(body);
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': length },
      agent: false,
      lookup,
      signal,
    } as const;
    let hasResponse = false;
    const sent = request(url, options, (response) => {
      hasResponse = true;
      let read = 0;
      const end = () => resolveStatus(response.statusCode ?? 0);
      response.on('data', (chunk: Buffer) => {
        read += chunk.byteLength;
        if (read <= LONGEST_RESPONSE) return;
        end();
        response.destroy();
      });
      response.on('end', end);
      response.on('error', reject);
      response.on('close', () => reject(new Error('The connection was closed during the response.')));
    });
    // Without this listener, Node closes the connection and reports neither a response nor an error.
    sent.on('upgrade', (response, socket) => {
      resolveStatus(response.statusCode ?? 0);
      socket.destroy();
    });
    sent.on('error', reject);
    // The response reports its own end, which may come after the end of the request.
    sent.on('close', () => {
      if (!hasResponse) reject(new Error('The connection was closed without a response.'));
    });
    sent.end(body);
  });
}

/** Resolves a host name once, and refuses it if any of its addresses is not public. */
function lookupOf({ webhookPrivateAddresses }: WebhookRules): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '');
      const special = addresses.find(({ address }) => !isPublicAddress(address));
      if (special && !webhookPrivateAddresses) {
        const message = `${hostname} has the private or special address ${special.address}. It is allowed only if the setting WEBHOOK_PRIVATE_ADDRESSES is true.`;
        return callback(new Error(message), '');
      }
      if (options.all) return callback(null, addresses);
      const [first] = addresses;
      return first ? callback(null, first.address, first.family) : callback(new Error('No address.'), '');
    });
  };
}
