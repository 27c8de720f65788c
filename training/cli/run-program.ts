import { UsageError } from './usage-error.js';

/** A class of errors that the user of a program can fix: their message says how. */
type ErrorKind = abstract new (...input: never[]) => Error;

/**
 * Runs a program of the command line. If it fails, writes the reason to standard error and sets the exit code 1: the message of
 * the given kinds of errors, the message and the usage of a UsageError, and the stack of any other.
 */
export async function runProgram(
  main: () => Promise<void>,
  usage: string,
  kinds: readonly ErrorKind[],
): Promise<void> {
  try {
    await main();
  } catch (error) {
    const isTheirs = [...kinds, UsageError].some((kind) => error instanceof kind);
    const message = error instanceof Error ? (isTheirs ? error.message : error.stack) : String(error);
    process.stderr.write(`${message}\n${error instanceof UsageError ? `\n${usage}\n` : ''}`);
    process.exitCode = 1;
  }
}
