import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { StepError } from './progress.mjs';

const SOURCE = /(?<!\.d)\.tsx?$/;
const DOCUMENTATION = /(\.md|\.d\.ts)$/;

/** All files below `folder`, relative to it, in a fixed order; none if there is no such folder. */
export function filesBelow(folder, skip = () => false) {
  if (!fs.existsSync(folder)) return [];
  const found = [];
  for (const entry of fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (skip(file)) continue;
    if (entry.isDirectory()) found.push(...filesBelow(file, skip).map((name) => path.join(entry.name, name)));
    else found.push(entry.name);
  }
  return found;
}

export const hash = (...contents) => {
  const digest = createHash('sha256');
  for (const content of contents) digest.update(content).update('\0');
  return digest.digest('hex');
};

/**
 * Plans the steps that make `<root>/dist/<folder>` mirror `<root>/<folder>`: TypeScript files to compile, other files except
 * documentation to copy, outputs without a source to remove. `known` maps each source to the hash from which its output was
 * made.
 */
export function compilePlan(root, folders, known) {
  const configuration = hash(fs.readFileSync(path.join(root, '.swcrc')));
  const hashes = {};
  const stale = [];
  const outputs = new Set();
  for (const source of folders.flatMap((folder) =>
    filesBelow(path.join(root, folder)).map((f) => path.join(folder, f)),
  )) {
    if (DOCUMENTATION.test(source)) continue;
    const output = path.join(root, 'dist', source.replace(SOURCE, '.js'));
    outputs.add(output).add(`${output}.map`);
    hashes[source] = hash(configuration, fs.readFileSync(path.join(root, source)));
    if (known[source] !== hashes[source] || !fs.existsSync(output)) stale.push({ source, output });
  }
  const orphans = folders
    .flatMap((folder) =>
      filesBelow(path.join(root, 'dist', folder)).map((f) => path.join(root, 'dist', folder, f)),
    )
    .filter((file) => !outputs.has(file));
  return { hashes, stale, orphans };
}

/** Runs a plan. Throws StepError naming every source that does not compile; the other sources are compiled anyway. */
export async function compile(root, { stale, orphans }) {
  const swc = await import('@swc/core');
  const options = JSON.parse(fs.readFileSync(path.join(root, '.swcrc'), 'utf8'));
  const errors = [];
  for (const { source, output } of stale) {
    fs.mkdirSync(path.dirname(output), { recursive: true });
    if (!SOURCE.test(source)) {
      fs.copyFileSync(path.join(root, source), output);
      continue;
    }
    try {
      const { code, map } = await swc.transformFile(path.join(root, source), {
        ...(source.endsWith('.tsx') ? withJsx(options) : options),
        swcrc: false,
        sourceFileName: path.relative(path.dirname(output), path.join(root, source)),
      });
      write(`${output}.map`, map);
      write(output, `${code}//# sourceMappingURL=${path.basename(output)}.map\n`);
    } catch (error) {
      fs.rmSync(output, { force: true });
      errors.push(`${source}\n${error.message}`);
    }
  }
  for (const orphan of orphans) fs.rmSync(orphan);
  if (errors.length > 0) {
    throw new StepError('Some source files do not compile', {
      output: errors.join('\n\n'),
      remedy: 'fix these files.',
    });
  }
  return `${stale.length} files compiled${orphans.length > 0 ? `, ${orphans.length} outdated removed` : ''}`;
}

const withJsx = (options) => ({
  ...options,
  jsc: {
    ...options.jsc,
    parser: { ...options.jsc.parser, tsx: true },
    transform: { ...options.jsc.transform, react: { runtime: 'automatic' } },
  },
});

/** Writes the file atomically: a running program never reads half a file. */
function write(file, text) {
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
}
