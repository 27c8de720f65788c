import { Upload } from 'graphql-upload-minimal';
import { Readable } from 'node:stream';

/** An uploaded file as a variable of an operation, as the multipart parser would leave it there. */
export function uploadOf(bytes: Uint8Array, { filename = 'cell.png', truncated = false } = {}): Upload {
  const file = {
    filename,
    fieldName: '0',
    mimetype: 'application/octet-stream',
    encoding: '7bit',
    createReadStream: () => Object.assign(Readable.from(chunksOf(bytes)), { truncated }),
  };
  return Object.assign(new Upload(), { promise: Promise.resolve(file) });
}

/** An upload that the parser gave up on. */
export function brokenUpload(error: Error): Upload {
  const promise = Promise.reject(error);
  promise.catch(() => undefined); // as the parser sees to it for its own
  return Object.assign(new Upload(), { promise });
}

function* chunksOf(bytes: Uint8Array): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 65_536) {
    yield Buffer.from(bytes.subarray(start, start + 65_536));
  }
}
