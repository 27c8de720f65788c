import type { FileUpload, Upload } from 'graphql-upload-minimal';
import type { RequestContext } from '../context.js';
import { badUserInput } from '../errors.js';
import { UserErrorCode, type UserErrorException, userError } from '../user-error.js';

/**
 * The bytes of an upload, after the whole form has been read and validated.
 * @throws `refusal` when there are more than `maxBytes`; BAD_USER_INPUT for a form that is invalid or incomplete, that does not
 *   contain the file, or that uses one file for several fields
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
    await formRead; // when the form is broken, this throws the reason
    throw faultOfRequest(error, refusal);
  }
}

/**
 * The bytes of one of several files of a form, as soon as all of them have arrived. The rest of the form may still be on its way.
 * @throws the user error TOO_LARGE for more than `maxBytes`; BAD_USER_INPUT for a file that is incomplete, or that several
 *   fields use
 */
export async function readFile(file: FileUpload, maxBytes: number): Promise<Buffer> {
  const refusal = () => tooLarge(maxBytes);
  const bytes = await readWhole(openStream(file), maxBytes).catch((error: unknown) => {
    throw faultOfRequest(error, refusal);
  });
  if (bytes === null) throw refusal();
  return bytes;
}

/** Reads to the end, however large the file is: a request whose body is not read would get no response. Null for more than `maxBytes`. */
async function readWhole(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  // The parser truncates a file that is too large, and reports it only here.
  const isCutOff = 'truncated' in stream && stream.truncated;
  return size > maxBytes || isCutOff ? null : Buffer.concat(chunks);
}

/** The parser gives out the stream of a file once. The error for a second time has no HTTP status, unlike errors of the request. */
function openStream(file: FileUpload): AsyncIterable<Buffer> {
  try {
    return file.createReadStream();
  } catch (error) {
    if (error instanceof Error && 'status' in error) throw error;
    throw badUserInput(
      'A file of a request can be used for one field only. Send the file once for each field.',
    );
  }
}

export function tooLarge(maxBytes: number): UserErrorException {
  const limit = maxBytes >= 1024 * 1024 ? `${Math.floor(maxBytes / 1024 / 1024)} MB` : `${maxBytes} bytes`;
  return userError(UserErrorCode.TOO_LARGE, `The image is too large. The limit is ${limit}.`, ['image']);
}

/** The errors of the parser have an HTTP status: 413 for a file that is too large, another 4xx for an invalid request. */
function faultOfRequest(error: unknown, refusal: () => UserErrorException): unknown {
  if (!(error instanceof Error) || !('status' in error)) return error;
  const { status, message } = error;
  if (status === 413) return refusal();
  return typeof status === 'number' && status < 500 ? badUserInput(message) : error;
}
