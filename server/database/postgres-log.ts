import { type FileHandle, open, rename, stat } from 'node:fs/promises';

/** A log that is larger when Postgres starts is put aside, in place of the one that was put aside before. */
const LARGEST_BYTES = 10_000_000;
/** As much of the end is read back: what a Postgres that does not start says is short. */
const TAIL_BYTES = 20_000;

/** The log file of an embedded Postgres, open for one run of it. */
export interface PostgresLog {
  readonly fd: number;
  readonly file: string;
  /** The end of what has been written since it was opened. */
  tail(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens the log for appending, so that what earlier runs wrote stays: it may say why the last one ended. When it has grown
 * beyond 10 MB, it becomes `FILE.1` first.
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
