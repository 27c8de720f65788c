import { execFile } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The operating system account that runs the programs of Postgres. */
export interface PostgresAccount {
  /** The user's name, or its number if the name is unknown. For messages. */
  name: string;
  /** The command and parameters to put before the program and its parameters. */
  prefix: string[];
  /** Options for `spawn`: the user to switch to, or none for the user of this process. */
  spawnOptions: { uid?: number; gid?: number };
  /** Makes the account the owner of a new file or folder. */
  own(file: string): Promise<void>;
}

interface Ids {
  uid: number;
  gid: number;
  /** The user's name, if known. */
  name?: string;
}

/**
 * Chooses the account for Postgres, which refuses to run as root. If this process is root, Postgres runs as the owner of the
 * folder `cluster`, or, if that does not exist yet, as the user `postgres`, who is created if missing. If that user may not
 * enter a folder above `cluster` or `program` (such as /root), Postgres keeps one of root's capabilities, to enter any folder,
 * where the system supports that (Linux).
 * @throws Error that names the closed folder and how to fix it, or if the user cannot be created
 */
export async function choosePostgresAccount(cluster: string, program: string): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) {
    return { name: userInfo().username, prefix: [], spawnOptions: {}, own: async () => {} };
  }
  const owner = await stat(cluster).catch(() => null);
  const ids: Ids =
    owner && owner.uid !== 0
      ? { uid: owner.uid, gid: owner.gid }
      : ((await lookUp('postgres')) ?? (await createUser()));
  const { uid, gid } = ids;
  const own = (file: string) => chown(file, uid, gid);

  const closed = (await findClosedFolder(cluster, ids)) ?? (await findClosedFolder(program, ids));
  const name = ids.name ?? String(uid);
  if (closed === null) return { name, prefix: [], spawnOptions: { uid, gid }, own };
  const prefix = enterClosedFoldersAs(ids);
  if (await canRun([...prefix, program, '--version'])) return { name, prefix, spawnOptions: {}, own };
  throw new Error(
    `Cytograph runs as root, so its Postgres runs as another user (${uid}), who has no access to ${closed}. Start Cytograph ` +
      `as an ordinary user, set DATA_DIR to another folder, allow access (chmod o+x ${closed}), or set DATABASE_URL to ` +
      `your own Postgres.`,
  );
}

async function lookUp(name: string): Promise<Ids | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

async function createUser(): Promise<Ids> {
  const ways: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']],
    ['adduser', ['-S', '-D', '-H', 'postgres']], // BusyBox
  ];
  for (const [command, parameters] of ways) {
    await run(command, parameters).catch(() => null);
    const ids = await lookUp('postgres');
    if (ids) return ids;
  }
  throw new Error(
    `Postgres does not run as root, and the user 'postgres' could not be created. Start Cytograph as an ordinary user, ` +
      `create the user 'postgres', or set DATABASE_URL to Postgres 15 or newer.`,
  );
}

/** Returns the outermost folder above `target` that the user may not enter, or null if there is none. */
async function findClosedFolder(target: string, { uid, gid }: Ids): Promise<string | null> {
  for (const folder of foldersAbove(path.resolve(target))) {
    const found = await stat(folder).catch(() => null);
    if (found === null) return null; // does not exist yet, so nothing below it does
    const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
    if ((found.mode & bit) === 0) return folder;
  }
  return null;
}

function foldersAbove(target: string): string[] {
  const parent = path.dirname(target);
  return parent === target ? [] : [...foldersAbove(parent), parent];
}

function enterClosedFoldersAs({ uid, gid }: Ids): string[] {
  const onlyThis = '-all,+dac_override';
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    `--inh-caps=${onlyThis}`,
    `--ambient-caps=${onlyThis}`,
    `--bounding-set=${onlyThis}`,
    '--',
  ];
}

function canRun([command = '', ...parameters]: string[]): Promise<boolean> {
  return run(command, parameters).then(
    () => true,
    () => false,
  );
}
