// Schemathesis, which generates operations from the schema, for the test that none of them is a fault of the server.
//   node scripts/schemathesis.mjs install
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from './python-environment.mjs';

const environment = pythonEnvironment({
  name: 'schemathesis',
  title: 'Schemathesis',
  requirements: 'scripts/schemathesis-requirements.txt',
});

export const { isInstalled } = environment;

if (process.argv[1] === fileURLToPath(import.meta.url)) await environment.runCommand();
