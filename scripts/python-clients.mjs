// Python's GraphQL client, for the tests that Python programs can use the API.
//   node scripts/python-clients.mjs install
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from './python-environment.mjs';

const environment = pythonEnvironment({
  name: 'python-clients',
  title: "Python's GraphQL client",
  requirements: 'scripts/python-clients-requirements.txt',
});

export const { isInstalled } = environment;

if (process.argv[1] === fileURLToPath(import.meta.url)) await environment.runCommand();
