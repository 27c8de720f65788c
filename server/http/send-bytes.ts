import type { Request, Response } from 'express';
import { ErrorCode } from '../api/error-codes.js';
import { sendProblem } from './problem.js';

/**
 * Sends the bytes, or the part of them that the request's Range header names (RFC 9110, section 14): 206 with that part, or 416 if
 * it is beyond the end. A request for several parts, or for a part of other content than that of the response's ETag (If-Range), gets
 * all bytes.
 */
export function sendBytes(request: Request, response: Response, bytes: Buffer): void {
  response.set('Accept-Ranges', 'bytes');
  const part = requestedPart(request, response, bytes.length);
  if (part === 'everything') {
    response.send(bytes);
  } else if (part === 'beyond the end') {
    response.removeHeader('ETag');
    response.set('Content-Range', `bytes */${bytes.length}`);
    const message = `The file has ${bytes.length} bytes, and the Range header names none of them.`;
    sendProblem(response, { status: 416, code: ErrorCode.BAD_USER_INPUT, message });
  } else {
    response.status(206).set('Content-Range', `bytes ${part.first}-${part.last}/${bytes.length}`);
    response.send(bytes.subarray(part.first, part.last + 1));
  }
}

/** The first and last byte to send, counted from 0. */
interface Part {
  first: number;
  last: number;
}

/** One part: `bytes=0-99`, `bytes=100-`, or `bytes=-100` for the last 100 bytes. */
const ONE_PART = /^bytes=\s*(?:(?<first>\d+)-(?<last>\d*)|-(?<count>\d+))\s*$/i;

/** The requested part of `length` bytes. A Range header that is malformed is ignored, as RFC 9110 demands. */
function requestedPart(
  request: Request,
  response: Response,
  length: number,
): Part | 'everything' | 'beyond the end' {
  const { range = '', 'if-range': ifRange } = request.headers;
  const isOther = ifRange !== undefined && ifRange !== response.get('ETag');
  const part = ONE_PART.exec(range)?.groups;
  if (!part || isOther || request.method !== 'GET' || request.fresh) return 'everything';
  const end = length - 1;
  if (part.count !== undefined) {
    const count = Number(part.count);
    return count === 0 || length === 0 ? 'beyond the end' : { first: Math.max(0, length - count), last: end };
  }
  const first = Number(part.first);
  const last = part.last ? Number(part.last) : end;
  if (first > end) return 'beyond the end';
  return last < first ? 'everything' : { first, last: Math.min(last, end) };
}
