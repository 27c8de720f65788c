// Installs the native engine of @tensorflow/tfjs-node (libtensorflow and its binding), which training needs and serving does
// not. It is downloaded from the package's own host, or, if that host cannot be reached, taken from TensorFlow's wheel on
// PyPI, which contains the same library and its C headers.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { createProgress, explain, runQuietly, StepError } from './progress.mjs';

const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));
const PACKAGE = path.join(MODULES, '@tensorflow/tfjs-node');
const RESTORE_NODE_UTIL = fileURLToPath(
  new URL('../training/tensorflow/restore-node-util.cjs', import.meta.url),
);
const NODE_PRE_GYP = path.join(MODULES, '@mapbox/node-pre-gyp/bin/node-pre-gyp');
const OWN_HOST = 'https://storage.googleapis.com/tensorflow/libtensorflow/';
const CONNECT_MS = 5_000;
const INSTALL_MS = 20 * 60_000;

/** The wheels that contain a Linux libtensorflow with its headers. Their Python version does not matter. */
const WHEELS = {
  x64: { requirement: 'tensorflow-cpu==2.15.1', platform: 'manylinux2014_x86_64' },
  arm64: { requirement: 'tensorflow-cpu-aws==2.15.1', platform: 'manylinux2014_aarch64' },
};

const UNPACK = `
import os, shutil, sys, zipfile
wheel, deps = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        base, parts = os.path.basename(name), name.split('/')
        if base in ('libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'):
            target = os.path.join(deps, 'lib', base)
        elif parts[:2] == ['tensorflow', 'include'] and parts[2] in ('tensorflow', 'tsl') and base.endswith('.h'):
            target = os.path.join(deps, 'include', *parts[2:])
        else:
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, 'wb') as file:
            shutil.copyfileobj(source, file)
`;

/** Installs the engine unless it works already. Throws StepError with a `remedy` if neither source works. */
export async function installTensorFlow({ progress = createProgress() } = {}) {
  if (await works(PACKAGE)) return;
  const waiting = () => progress.note('… Another process is installing TensorFlow: waiting for it');
  try {
    fs.accessSync(MODULES, fs.constants.W_OK);
  } catch (cause) {
    throw new StepError(
      `TensorFlow is not installed, and nothing can be written in ${MODULES} (${cause.code}).`,
      {
        remedy:
          'to train, run "node scripts/install-tensorflow.mjs" once as a user who may write there. Serving works without it.',
        cause,
      },
    );
  }
  const lock = path.join(MODULES, '.tensorflow.lock');
  await withLock(lock, async () => (await works(PACKAGE)) || install(progress), waiting);
}

const works = (folder) =>
  fs.existsSync(path.join(folder, 'lib')) &&
  runEngine(folder).then(
    () => true,
    () => false,
  );

async function install(progress) {
  const scope = path.dirname(PACKAGE);
  for (const name of fs.readdirSync(scope)) {
    if (name.startsWith('.tfjs-node-')) fs.rmSync(path.join(scope, name), { recursive: true, force: true });
  }
  const failures = [];
  for (const way of [fromItsOwnHost, fromPyPI]) {
    // Install into a copy next to the package, so that an incomplete installation is never used.
    const staging = fs.mkdtempSync(path.join(scope, '.tfjs-node-'));
    // The binding is moved last and atomically, so it exists only when everything is complete.
    try {
      fs.cpSync(PACKAGE, staging, {
        recursive: true,
        filter: (file) => !isBuilt(path.relative(PACKAGE, file)),
      });
      await way(staging, progress);
      await progress.step('Checking TensorFlow', () => runEngine(staging));
      for (const folder of ['deps', 'lib']) {
        fs.rmSync(path.join(PACKAGE, folder), { recursive: true, force: true });
        fs.renameSync(path.join(staging, folder), path.join(PACKAGE, folder));
      }
      return;
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      failures.push(error);
      progress.note(`… ${error.message}`);
    } finally {
      fs.rmSync(staging, { recursive: true, force: true });
    }
  }
  const last = failures.at(-1);
  throw new StepError(
    `TensorFlow could not be installed, so models can be served here but not trained. ${last.message}`,
    {
      output: failures.map(({ message, output }) => `${message}\n${output}`).join('\n\n'),
      remedy: last.remedy,
    },
  );
}

const isBuilt = (file) => /^(deps|lib|build|build-tmp.*)($|[\\/])/.test(file);

async function fromItsOwnHost(staging, progress) {
  await requireOwnHost();
  await progress.step('Installing TensorFlow from its own host', async () => {
    await runQuietly(process.execPath, ['scripts/install.js'], {
      cwd: staging,
      env: { ...headers(), PATH: [path.join(MODULES, '.bin'), process.env.PATH].join(path.delimiter) },
      timeoutMs: INSTALL_MS,
    });
  });
}

/** The package's download waits for minutes if a firewall drops its packets, so check quickly first. */
async function requireOwnHost() {
  const { env } = process;
  const elsewhere = [
    'HTTPS_PROXY',
    'https_proxy',
    'HTTP_PROXY',
    'http_proxy',
    'TFJS_NODE_CDN_STORAGE',
    'CDN_STORAGE',
  ];
  if (elsewhere.some((name) => env[name])) return;
  try {
    await fetch(OWN_HOST, { method: 'HEAD', signal: AbortSignal.timeout(CONNECT_MS) });
  } catch (cause) {
    throw new StepError(
      `TensorFlow's own host cannot be reached from here: ${cause.cause?.message ?? cause.message}`,
      {
        cause,
      },
    );
  }
}

async function fromPyPI(staging, progress) {
  const wheel = process.platform === 'linux' ? WHEELS[process.arch] : undefined;
  if (!wheel) {
    throw new StepError(`PyPI has no suitable wheel for ${process.platform} ${process.arch}.`, {
      remedy: `open the network to ${OWN_HOST}, then run "node scripts/install-tensorflow.mjs".`,
    });
  }
  const remedy =
    'training needs python3 with pip, make and a C++ compiler (on Debian and Ubuntu: "apt-get install -y python3-pip ' +
    'build-essential"), and access to PyPI. Then run "node scripts/install-tensorflow.mjs" to check that it works.';
  const downloads = fs.mkdtempSync(path.join(os.tmpdir(), 'tensorflow-'));
  try {
    await progress.step(`Downloading TensorFlow (200 MB) from PyPI: ${wheel.requirement}`, async () => {
      const platform = ['--only-binary=:all:', '--python-version', '3.11', '--platform', wheel.platform];
      const args = [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-deps',
        ...platform,
        '--dest',
        downloads,
        wheel.requirement,
      ];
      await runQuietly('python3', args, { remedy, timeoutMs: INSTALL_MS });
    });
    await progress.step('Unpacking TensorFlow', async () => {
      const deps = path.join(staging, 'deps');
      const file = fs.readdirSync(downloads).find((name) => name.endsWith('.whl'));
      await runQuietly('python3', ['-c', UNPACK, path.join(downloads, file), deps], { remedy });
      fs.symlinkSync('libtensorflow_cc.so.2', path.join(deps, 'lib/libtensorflow.so'));
      fs.symlinkSync('libtensorflow_framework.so.2', path.join(deps, 'lib/libtensorflow_framework.so'));
    });
  } finally {
    fs.rmSync(downloads, { recursive: true, force: true });
  }
  await progress.step('Building the binding to TensorFlow', async () => {
    const args = [NODE_PRE_GYP, 'install', '--build-from-source'];
    await runQuietly(process.execPath, args, { cwd: staging, env: headers(), remedy, timeoutMs: INSTALL_MS });
  });
}

/** Most installations of Node include its C headers: with them, node-gyp has nothing to download. */
function headers() {
  const prefix = path.dirname(path.dirname(process.execPath));
  return fs.existsSync(path.join(prefix, 'include/node/node_api.h')) ? { npm_config_nodedir: prefix } : {};
}

/** Computes a sum with the engine in a separate process. Throws StepError with the cause if it fails. */
export async function runEngine(folder) {
  const program = `const tf = require(${JSON.stringify(folder)}); if (tf.ones([3]).sum().dataSync()[0] !== 3) throw new Error('The sum of three ones is not 3.');`;
  try {
    await runQuietly(process.execPath, ['--require', RESTORE_NODE_UTIL, '-e', program], {
      env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    });
  } catch (error) {
    throw error instanceof StepError ? engineFailure(error) : error;
  }
}

const CANNOT_BE_LOADED =
  /^\w*Error\b.*(?:GLIBC|CXXABI|cannot open shared object|Library not loaded|wrong ELF class|mach-o file).*$/m;

/** Explains a failed run of the engine: the processor, the system's libraries, or the error message for any other cause. */
function engineFailure({ message, output, cause }) {
  if (/SIGILL/.test(message)) {
    return new StepError('This processor lacks instructions (AVX) that TensorFlow 2.15 is built with.', {
      output,
      remedy: 'train on a machine with a newer processor.',
      cause,
    });
  }
  const library = CANNOT_BE_LOADED.exec(output)?.[0];
  if (library) {
    return new StepError(`A library of this system is not compatible with TensorFlow 2.15: ${library}`, {
      output,
      remedy: 'install what is missing or too old, or train on another machine.',
      cause,
    });
  }
  const reason = /^\w*Error\b.*$/m.exec(output)?.[0] ?? message;
  return new StepError(`TensorFlow does not compute under Node ${process.version}: ${reason}`, {
    output,
    remedy:
      'training is tested with Node 20, 22 and 24: try one of these. If this is one of them, report the error above.',
    cause,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installTensorFlow().catch((error) => {
    explain(error);
    process.exitCode = 1;
  });
}
