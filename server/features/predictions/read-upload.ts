import type { FileUpload, Upload } from 'graphql-upload-minimal';
import { badUserInput } from '../../api/errors.js';
import { UserErrorCode, type UserErrorException, userError } from '../../api/user-error.js';

/**
 * The bytes of an upload. Ends the operation with `refusal` when there are more than `maxBytes`; throws BAD_USER_INPUT for a request
 * that names a file it does not carry, or that has one file answer several fields.
 */
export async function readUpload(
  upload: Upload,
  maxBytes: number,
  refusal: () => UserErrorException = () => tooLarge(maxBytes),
): Promise<{ bytes: Buffer; fileName: string | null }> {
  const file = await upload.promise.catch((error: unknown) => {
    throw faultOfRequest(error, refusal);
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let cutOff: unknown = false;
  try {
    const stream: AsyncIterable<Buffer> = openStream(file);
    // To its end, whatever its size: an abandoned stream would leave the request without an answer.
    for await (const chunk of stream) {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
    }
    // The parser cuts an over-long file off and says so here only.
    cutOff = 'truncated' in stream && stream.truncated;
  } catch (error) {
    throw faultOfRequest(error, refusal);
  }
  if (size > maxBytes || cutOff) throw refusal();
  return { bytes: Buffer.concat(chunks), fileName: file.filename || null };
}

/** The parser hands a file's stream out once; what it throws then has no HTTP status, unlike its errors of the request. */
function openStream(file: FileUpload): AsyncIterable<Buffer> {
  try {
    return file.createReadStream();
  } catch (error) {
    if (error instanceof Error && 'status' in error) throw error;
    throw badUserInput('A file that comes with a request answers one field: send it once for each.');
  }
}

export function tooLarge(maxBytes: number): UserErrorException {
  const limit = maxBytes >= 1024 * 1024 ? `${Math.floor(maxBytes / 1024 / 1024)} MB` : `${maxBytes} bytes`;
  return userError(UserErrorCode.TOO_LARGE, `An image may have at most ${limit}.`, ['image']);
}

/** The parser's errors have an HTTP status: 413 says that the file was over-long, any other 4xx what the request lacks. */
function faultOfRequest(error: unknown, refusal: () => UserErrorException): unknown {
  if (!(error instanceof Error) || !('status' in error)) return error;
  const { status, message } = error;
  if (status === 413) return refusal();
  return typeof status === 'number' && status < 500 ? badUserInput(message) : error;
}
