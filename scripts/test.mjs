// npm test: set-up, types, lint, formatting and every kind of Jest test, with the totals in the last line.
//   node scripts/test.mjs [KIND…] [PATH PATTERN…]     kinds: types lint format unit slow db s3 e2e browser
// A pattern selects Jest tests; with a pattern and no kind, all kinds of Jest tests run.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled as isCephInstalled } from './ceph-rgw.mjs';
import { findLibfaketime, findPgBouncer } from './fault-tools.mjs';
import { installTensorFlow } from './install-tensorflow.mjs';
import { isInstalled as isKServeInstalled } from './kserve.mjs';
import { isInstalled as isPythonClientInstalled } from './python-clients.mjs';
import { isInstalled as isSchemathesisInstalled } from './schemathesis.mjs';
import { isInstalled as isScikitLearnInstalled } from './scikit-learn.mjs';
import { isInstalled as isNode24Installed } from './node-24.mjs';
import { findNginx } from './nginx.mjs';
import { findPdfToText } from './pdf-tools.mjs';
import { createProgress, explain, runQuietly, StepError } from './progress.mjs';
import { setUp } from './setup.mjs';
import { summarise } from './test-report.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REPORT = path.join(ROOT, `.cache/jest-${process.pid}.json`);

/** Checks that count as one test each. The longest is first, because two run at once. */
const CHECKS = {
  lint: [
    { title: 'Lint', program: 'eslint/bin/eslint.js', args: ['.', '--max-warnings=0'] },
    {
      title: 'Lint of the schema',
      program: 'eslint/bin/eslint.js',
      args: ['-c', 'scripts/lint/schema.config.mjs', 'server/graphql/schema.graphql'],
    },
  ],
  types: [
    { title: 'Types of the server', program: 'typescript/bin/tsc', args: ['-p', 'tsconfig.json'] },
    { title: 'Types of the web app', program: 'typescript/bin/tsc', args: ['-p', 'web/tsconfig.json'] },
  ],
  format: [{ title: 'Formatting', program: 'prettier/bin/prettier.cjs', args: ['--check', '.'] }],
};
const SUITES = ['unit', 'slow', 'db', 's3', 'e2e', 'browser'];
const KINDS = [...Object.keys(CHECKS), ...SUITES];
const AT_ONCE = 2;

const progress = createProgress();
const { kinds, patterns } = readArguments(process.argv.slice(2));
const totals = { passed: 0, failed: 0, skipped: 0 };
try {
  await setUp({ progress, web: kinds.includes('e2e') || kinds.includes('browser') ? 'app' : 'tests' });
  const tensorFlow = kinds.some((kind) => SUITES.includes(kind)) && (await prepareTensorFlow());
  await runChecks(kinds.flatMap((kind) => CHECKS[kind] ?? []));
  const suites = kinds.filter((kind) => SUITES.includes(kind));
  if (suites.length > 0) await runSuites(suites, tensorFlow);
} catch (error) {
  explain(error);
  totals.failed += 1;
}
if (totals.passed + totals.failed === 0) {
  console.error('\nNo test ran.');
  process.exitCode = 1;
}
if (totals.failed > 0) process.exitCode = 1;
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);

function readArguments(args) {
  const named = args.filter((argument) => KINDS.includes(argument));
  const others = args.filter((argument) => !KINDS.includes(argument));
  if (named.length > 0) return { kinds: named, patterns: others };
  return { kinds: others.length > 0 ? SUITES : KINDS, patterns: others };
}

/** Whether training can be tested on this machine. */
async function prepareTensorFlow() {
  try {
    await installTensorFlow({ progress });
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
}

async function runChecks(checks) {
  const failures = [];
  const waiting = [...checks];
  const lane = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const { title, program, args } = check;
      try {
        const command = [path.join(ROOT, 'node_modules', program), ...args];
        await progress.step(
          title,
          async () => void (await runQuietly(process.execPath, command, { cwd: ROOT })),
        );
        totals.passed += 1;
      } catch (error) {
        totals.failed += 1;
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  failures.forEach(explain);
}

async function runSuites(suites, tensorFlow) {
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
  ];
  args.push('--selectProjects', ...suites, '--json', '--outputFile', REPORT);
  if (patterns.length > 0) args.push('--testPathPatterns', ...patterns);
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      TF_CPP_MIN_LOG_LEVEL: '2',
      TEST_LIBFAKETIME: process.env.TEST_LIBFAKETIME ?? findLibfaketime() ?? '',
      TEST_PGBOUNCER: process.env.TEST_PGBOUNCER ?? findPgBouncer() ?? '',
    },
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (!fs.existsSync(REPORT)) throw new StepError(`Jest exited with code ${code} and without a report.`);
  const report = JSON.parse(fs.readFileSync(REPORT, 'utf8'));
  fs.rmSync(REPORT);
  if (report.testResults.length === 0) throw new StepError(`No Jest test matched: ${suites.join(', ')}.`);

  const reasonFor = (file) => skipReason(file, tensorFlow);
  const { passed, failed, skipped, skips } = summarise(report, { reasonFor, inCi: Boolean(process.env.CI) });
  for (const { file, title, reason } of skips) {
    console.log(
      `Skipped: ${title} (${path.relative(ROOT, file)}): ${reason ?? 'no known reason, so it counts as failed'}`,
    );
  }
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  if (code !== 0 && failed === 0) throw new StepError(`Jest exited with code ${code}.`);
}

/** Why a test of this file may be skipped on this machine; undefined if it must run. */
function skipReason(file, tensorFlow) {
  if (file.endsWith('.s3.test.js') || file.endsWith('.e2e.test.js')) {
    if (!process.env.TEST_S3_ENDPOINT && !isCephInstalled()) {
      return 'needs an S3 server: set TEST_S3_ENDPOINT, or install Ceph with "node scripts/ceph-rgw.mjs install"';
    }
  }
  if (file.endsWith('remote-network.e2e.test.js') && !isKServeInstalled()) {
    return 'needs KServe: install it with "node scripts/kserve.mjs install"';
  }
  if (/(python-clients|documented-examples)\.e2e\.test\.js$/.test(file) && !isPythonClientInstalled()) {
    return 'needs Python\'s GraphQL client: install it with "node scripts/python-clients.mjs install"';
  }
  if (file.endsWith('schemathesis.e2e.test.js') && !isSchemathesisInstalled()) {
    return 'needs Schemathesis: install it with "node scripts/schemathesis.mjs install"';
  }
  if (file.endsWith('scikit-learn.slow.test.js') && !isScikitLearnInstalled()) {
    return 'needs scikit-learn: install it with "node scripts/scikit-learn.mjs install"';
  }
  if (file.endsWith('node-24.e2e.test.js') && !isNode24Installed()) {
    return 'needs Node 24: install it with "node scripts/node-24.mjs install"';
  }
  if (file.endsWith('clock-steps.e2e.test.js') && !findLibfaketime()) {
    return 'needs libfaketime: install it with "node scripts/fault-tools.mjs install"';
  }
  if (file.endsWith('pooler.db.test.js') && !findPgBouncer()) {
    return 'needs PgBouncer: install it with "node scripts/fault-tools.mjs install"';
  }
  if (/report-(pdf\.slow|files\.e2e)\.test\.js$/.test(file) && !findPdfToText()) {
    return 'needs pdftotext: install it with "node scripts/pdf-tools.mjs install"';
  }
  if (/through-nginx\.(e2e|browser)\.test\.js$/.test(file) && !findNginx()) {
    return 'needs nginx: install it with "node scripts/nginx.mjs install"';
  }
  if (!tensorFlow) return 'needs TensorFlow, which could not be installed (see above)';
  return undefined;
}
