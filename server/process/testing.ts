import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs the statements of an ES module in a separate Node process, outside Jest's realm, and returns what its last line calls
 * `report(value)` with, by way of JSON. For code that looks at `instanceof Error` of others, or at the real environment.
 * @throws Error with what the process wrote, where it fails
 */
export async function runInProcess(
  program: string,
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<unknown> {
  const preamble = 'const report = (value) => console.log("\\n" + JSON.stringify(value ?? null));\n';
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', preamble + program],
    options,
  );
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** The import specifier of a compiled module, as `runInProcess` needs it: `specifier('./config.js', import.meta.url)`. */
export function specifier(file: string, importMetaUrl: string): string {
  return JSON.stringify(new URL(file, importMetaUrl));
}
