import { type FileHandle, open, rename, stat } from 'node:fs/promises';

/** A log larger than this is renamed to `FILE.1` when Postgres starts, replacing the previous `FILE.1`. */
const LARGEST_BYTES = 10_000_000;
/** How much of the end of the log `tail` reads. Postgres's messages when it fails to start are shorter. */
const TAIL_BYTES = 20_000;

/** The log file of an embedded Postgres, open for one run of the server. */
export interface PostgresLog {
  readonly fd: number;
  readonly file: string;
  /** Returns the end of the text written since the log was opened, at most 20 kB. */
  tail(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens the log for appending: messages of earlier runs are kept, since they may explain why the last run ended. A log larger
 * than 10 MB is renamed to `FILE.1` first.
 */
export async function openPostgresLog(file: string): Promise<PostgresLog> {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  if (size > LARGEST_BYTES) await rename(file, `${file}.1`);
  const handle = await open(file, 'a+');
  const begin = (await handle.stat()).size;
  return {
    fd: handle.fd,
    file,
    tail: () => readFrom(handle, begin),
    close: () => handle.close(),
  };
}

async function readFrom(handle: FileHandle, begin: number): Promise<string> {
  const { size } = await handle.stat();
  const length = Math.min(size - begin, TAIL_BYTES);
  if (length <= 0) return '';
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.subarray(0, bytesRead).toString().trim();
}
