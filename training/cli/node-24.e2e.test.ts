import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readArtifact } from '../../server/artifact/artifact-store.js';
import { onnxParity } from '../../server/artifact/onnx-parity.js';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { isTensorFlowInstalled } from '../tensorflow/install-tensorflow.js';
import { demoCells } from '../testing.js';

// Where `node scripts/node-24.mjs install` puts it.
const PACKAGE = `node-${process.platform}-${process.arch}`;
const NODE_24 = join(import.meta.dirname, '../../../.cache/node-24/node_modules', PACKAGE, 'bin/node');
const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };

(existsSync(NODE_24) && isTensorFlowInstalled() ? describe : describe.skip)('on Node 24', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cytograph-node-24-'));
    await writeDemoCells(join(folder, 'cells'), demoCells);
  });
  afterAll(async () => rm(folder, { recursive: true }));

  const run = (...args: string[]) =>
    promisify(execFile)(NODE_24, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, LOG_LEVEL: 'error', INFERENCE_THREADS: '1' },
    });
  const program = (name: string) => join(import.meta.dirname, `${name}.js`);
  const recipe = ['epochs=2', 'batchSize=16', 'inputSize=32'].flatMap((value) => ['--set', value]);

  it('a model is trained, evaluated and used to classify by the command line', async () => {
    expect((await run('--version')).stdout).toMatch(/^v24\./);
    const source = ['--source', 'file:cells', '--groups', 'groups.csv'];
    await run(program('train'), ...source, '--positive', 'blast', '--out', 'model', ...recipe);

    const artifact = await readArtifact(openObjectStore(`file:${join(folder, 'model')}`, noS3), '', null);
    expect(artifact.manifest.metrics.validation.itemCount).toBeGreaterThan(0);
    await expect(onnxParity(artifact)).resolves.toMatchObject({ agrees: true });

    // Other images than it was trained on.
    await writeDemoCells(join(folder, 'others'), { ...demoCells, count: 24, seed: 2 });
    const { stdout } = await run(program('evaluate'), '--source', 'file:others', '--model', 'model');
    expect(stdout).toMatch(/AUC +\d\.\d{4}/);
    await run(program('classify-files'), 'others', '--model', 'model', '--out', 'results.csv');
    const answers = /^(blast|lymphocyte)\/.*,(CLASSIFIED|INDETERMINATE|OUT_OF_DISTRIBUTION),/gm;
    expect((await readFile(join(folder, 'results.csv'), 'utf8')).match(answers)).toHaveLength(24);
  });

  it('the installer finds the training engine in order', async () => {
    const installer = join(import.meta.dirname, '../../../scripts/install-tensorflow.mjs');
    await expect(run(installer)).resolves.toEqual({ stdout: '', stderr: '' });
  });
});
