import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** One line of the table. */
export interface Row {
  figure: string;
  measured: string;
  /** The target in words, and whether the figure meets it. */
  aim?: string;
  met?: boolean;
}

/** The result of one part of the benchmark: rows for people, and figures for programs. */
export interface Part {
  rows: Row[];
  data: unknown;
}

/** The rows as a table for a terminal. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ figure, measured, aim = '', met }) => [
    figure,
    measured,
    aim,
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Writes the figures and a description of the machine in one step, so that an incomplete file is never mistaken for a result. */
export async function writeReport(
  file: string,
  content: { options: unknown; parts: Record<string, Part> },
): Promise<void> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  const report = { measuredAt: new Date().toISOString(), machine: await describeMachine(), ...content };
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

async function describeMachine() {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    revision: await revision(),
  };
}

/** The revision of the sources, or null outside a clone. */
async function revision(): Promise<string | null> {
  try {
    const git = promisify(execFile);
    const { stdout: commit } = await git('git', ['rev-parse', 'HEAD']);
    const { stdout: changes } = await git('git', ['status', '--porcelain', '--untracked-files=no']);
    return commit.trim() + (changes.trim() ? ' with changes' : '');
  } catch {
    return null;
  }
}
