import type { FileUpload, Upload } from 'graphql-upload-minimal';
import type { RequestContext } from '../context.js';
import { badUserInput } from '../errors.js';
import { UserErrorCode, type UserErrorException, userError } from '../user-error.js';

/**
 * The bytes of an upload, once the whole form that it came in has been read, and found whole.
 * @throws `refusal` when there are more than `maxBytes`; BAD_USER_INPUT for a form that is broken or incomplete, that does not
 *   carry the file, or that has one file answer several fields
 */
export async function readUpload(
  { formRead }: Pick<RequestContext, 'formRead'>,
  upload: Upload,
  maxBytes: number,
  refusal: () => UserErrorException = () => tooLarge(maxBytes),
): Promise<{ bytes: Buffer; fileName: string | null }> {
  try {
    const file = await upload.promise;
    const bytes = await readWhole(openStream(file), maxBytes);
    await formRead;
    if (bytes === null) throw refusal();
    return { bytes, fileName: file.filename || null };
  } catch (error) {
    await formRead; // a file ends with its form, which knows why
    throw faultOfRequest(error, refusal);
  }
}

/** To its end, whatever its size: what is abandoned would leave the request without an answer. Null where there is more than may be. */
async function readWhole(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  // The parser cuts an over-long file off and says so here only.
  const isCutOff = 'truncated' in stream && stream.truncated;
  return size > maxBytes || isCutOff ? null : Buffer.concat(chunks);
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
