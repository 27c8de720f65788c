// scikit-learn, for the test that compares the figures of evaluations with it.
//   node scripts/scikit-learn.mjs install
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from './python-environment.mjs';

const environment = pythonEnvironment({
  name: 'scikit-learn',
  title: 'scikit-learn',
  requirements: 'scripts/scikit-learn-requirements.txt',
});

export const { isInstalled } = environment;

if (process.argv[1] === fileURLToPath(import.meta.url)) await environment.runCommand();
