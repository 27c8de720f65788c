// KServe's model server, for the tests of the Open Inference Protocol.
//   node scripts/kserve.mjs install
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from './python-environment.mjs';

const environment = pythonEnvironment({
  name: 'kserve',
  title: 'KServe',
  requirements: 'deploy/open-inference/requirements.txt',
});

export const { isInstalled } = environment;

if (process.argv[1] === fileURLToPath(import.meta.url)) await environment.runCommand();
