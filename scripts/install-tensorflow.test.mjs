import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runEngine } from './install-tensorflow.mjs';

let folder;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** An engine that runs `program` when it is loaded. */
const failureOf = (program) => {
  fs.writeFileSync(path.join(folder, 'index.js'), program);
  return runEngine(folder).catch((error) => error);
};

it.each([
  [
    'an error of Node or of the engine by what it says, and does not blame the machine',
    "throw new TypeError('(0 , util_1.isGone) is not a function')",
    /^TensorFlow does not compute under Node v\d+.*: TypeError: \(0 , util_1\.isGone\) is not a function$/,
    /^training is tested with Node 20, 22 and 24/,
  ],
  [
    'a processor that does not know an instruction',
    "process.kill(process.pid, 'SIGILL'); setTimeout(() => {}, 10000)",
    /^This processor lacks instructions/,
    /newer processor/,
  ],
  [
    'a library of the system that is too old',
    'throw new Error("/lib/libstdc++.so.6: version `GLIBCXX_3.4.29\' not found")',
    /^A library of this system is not compatible with TensorFlow 2\.15: .*GLIBCXX_3\.4\.29' not found$/,
    /too old/,
  ],
  [
    'a wrong sum',
    'exports.ones = () => ({ sum: () => ({ dataSync: () => [4] }) })',
    /Error: The sum of three ones is not 3\.$/,
    /^training is tested with/,
  ],
])('the check of the training engine names %s', async (_what, program, message, remedy) => {
  const error = await failureOf(program);
  expect(error.message).toMatch(message);
  expect(error.remedy).toMatch(remedy);
});
