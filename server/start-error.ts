import { inspect } from 'node:util';
import { ArtifactError } from './artifact/artifact.js';
import { type Config, ConfigError } from './config.js';
import { UnusablePostgresError } from './database/check-postgres.js';
import { ObjectStoreError } from './storage/object-store.js';

/** Why the server does not start, in a sentence that says what would be right. */
export class StartError extends Error {}

/** What to tell whoever started it: a sentence where the reason lies outside the program, the whole error where within. */
export function explanationOf(error: unknown): string {
  const outside = [ArtifactError, ConfigError, ObjectStoreError, StartError, UnusablePostgresError];
  return error instanceof Error && outside.some((type) => error instanceof type)
    ? error.message
    : inspect(error);
}

/** Rethrows what the embedded Postgres threw, whose message is a sentence already. */
export function explainPostgres(error: unknown): never {
  throw error instanceof Error ? new StartError(error.message, { cause: error }) : error;
}

/** Makes what rethrows the errors of listening at the settings' host and port. */
export function explainListening({ host, port }: Config): (error: unknown) => never {
  const sentences = new Map([
    ['EADDRINUSE', `Port ${port} is taken by another program. Stop that one, or set PORT to another port.`],
    ['EACCES', `This user may not listen on port ${port}. Set PORT to one above 1023.`],
    ['EADDRNOTAVAIL', `This machine has no address '${host}'. Set HOST to one that it has.`],
    ['ENOTFOUND', `This machine has no address '${host}'. Set HOST to one that it has.`],
  ]);
  return (error) => {
    const sentence = sentences.get(codeOf(error));
    throw sentence ? new StartError(sentence, { cause: error }) : error;
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
