/** Thrown for a problem with the files of an embedded Postgres. The message says what to do. */
export class PostgresFilesError extends Error {
  override readonly name = 'PostgresFilesError';
}

/**
 * The error for an operator if Postgres exited instead of starting.
 * @param reason such as 'exit 1'
 * @param output what Postgres wrote in this run
 * @param account the name or number of the user that Postgres runs as
 */
export function startFault(cluster: string, reason: string, output: string, account: string): Error {
  const [, sentence] = faults.find(([pattern]) => pattern.test(output)) ?? [];
  if (!sentence) return new Error(`Postgres did not start (${reason}): ${output}`);
  return new PostgresFilesError(`${sentence(cluster, account)}\nOutput of Postgres: ${output}`);
}

/** A file of the data that this process may not read. */
export function unreadable(cluster: string, account: string): PostgresFilesError {
  return new PostgresFilesError(foreignFiles(cluster, account));
}

/** Files that a crash, a failing disk or an incomplete copy left in a state that no start can continue from. */
export function damaged(cluster: string, what: string): PostgresFilesError {
  return new PostgresFilesError(`${what} ${restore(cluster)}`);
}

const foreignFiles = (cluster: string, account: string) =>
  `The data of the embedded Postgres in ${cluster} cannot be read by the user that Postgres runs as (${account}), as ` +
  `after a copy that did not keep owners and permissions. Restore them: chown -R ${account} '${cluster}' && ` +
  `chmod -R u+rwX,go= '${cluster}' (copy with cp -a next time).`;

const restore = (cluster: string) =>
  `Restore ${cluster} from a backup. Only where nothing in it is needed, move it away, together with the stored objects: ` +
  `the next start then begins with an empty database.`;

type Sentence = (cluster: string, account: string) => string;

const faults: [RegExp, Sentence][] = [
  [/Permission denied|has wrong ownership|must be owned by|has invalid permissions/, foreignFiles],
  [
    /pg_control|could not locate a valid checkpoint record|invalid checkpoint record|base\/|PG_VERSION|is not a valid data directory|required WAL directory|could not open (?:file|directory) "pg_|invalid page|could not open file "global/,
    (cluster) =>
      `The data of the embedded Postgres in ${cluster} is damaged: a file is missing or incomplete. ${restore(cluster)}`,
  ],
  [
    /No space left on device/,
    (cluster) => `The disk of ${cluster} is full. Free some space, then start again. No stored data is lost.`,
  ],
  [
    /configuration file ".*" contains errors|syntax error in file/,
    (cluster) =>
      `A settings file of the embedded Postgres in ${cluster} has an error. Correct the line that Postgres names.`,
  ],
];
