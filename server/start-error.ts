import { inspect } from 'node:util';
import { ArtifactError } from './artifact/artifact.js';
import { type Config, ConfigError } from './config.js';
import { UnusablePostgresError } from './database/check-postgres.js';
import { ObjectStoreError } from './storage/object-store.js';

/** Why the server cannot start and how to correct it, as a sentence. */
export class StartError extends Error {}

/**
 * The text for the person who started the server: a sentence if the cause is outside the program, otherwise the whole error.
 */
export function explanationOf(error: unknown): string {
  const outside = [ArtifactError, ConfigError, ObjectStoreError, StartError, UnusablePostgresError];
  return error instanceof Error && outside.some((type) => error instanceof type)
    ? error.message
    : inspect(error);
}

/** Rethrows an error of the embedded Postgres as a StartError: its message is already a sentence. */
export function explainPostgres(error: unknown): never {
  throw error instanceof Error ? new StartError(error.message, { cause: error }) : error;
}

/** Creates the handler that explains why the server cannot listen on the configured host and port. */
export function explainListening({ host, port }: Config): (error: unknown) => never {
  const sentences = new Map([
    [
      'EADDRINUSE',
      `Port ${port} is used by another program. Stop that program, or set PORT to another port.`,
    ],
    ['EACCES', `This user may not listen on port ${port}. Set PORT to a port above 1023.`],
    ['EADDRNOTAVAIL', `This machine has no address '${host}'. Set HOST to an address of this machine.`],
    ['ENOTFOUND', `This machine has no address '${host}'. Set HOST to an address of this machine.`],
  ]);
  return (error) => {
    const sentence = sentences.get(codeOf(error));
    throw sentence ? new StartError(sentence, { cause: error }) : error;
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
