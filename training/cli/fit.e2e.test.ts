import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readArtifact, writeArtifact } from '../../server/artifact/artifact-store.js';
import { randomArtifact } from '../../server/artifact/testing.js';
import { describeTrainingData } from '../../server/artifact/training-data.js';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { readFolderDataset } from '../dataset/folder-dataset.js';
import { demoCells } from '../testing.js';

const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };
const open = (path: string) => openObjectStore(`file:${path}`, noS3);

describe('npm run fit', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cytograph-fit-'));
    await writeDemoCells(join(folder, 'cells'), demoCells);
    await writeDemoCells(join(folder, 'few'), { ...demoCells, count: 6 });
  });
  afterAll(async () => rm(folder, { recursive: true }));

  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, 'fit.js'), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, LOG_LEVEL: 'error', INFERENCE_THREADS: '2' },
    });
  const fit = (model: string, out: string, cells = 'cells') =>
    run('--model', model, '--source', `file:${join(folder, cells)}`, '--groups', 'groups.csv', '--out', out);

  it('writes a version with the same network, which names its base and its cells, and figures before and after', async () => {
    const { items } = await readFolderDataset(open(join(folder, 'cells')), null, 'groups.csv');
    const [image] = items.filter(({ group }) => group === 'demo-02');
    const trainingData = describeTrainingData([
      { imageSha256: image?.imageSha256 ?? '', group: null },
      { imageSha256: 'f'.repeat(64), group: 'demo-01' },
    ]);
    const { manifest } = randomArtifact();
    const provenance = { ...manifest.provenance, ...(trainingData ? { trainingData } : {}) };
    const base = randomArtifact({ inputSize: 32, manifest: { provenance } });
    await writeArtifact(open(join(folder, 'base')), '', base);

    const { stdout } = await fit('base', 'fitted');
    const fitted = await readArtifact(open(join(folder, 'fitted')), '', null);
    expect(fitted.manifest.files).toEqual(base.manifest.files);
    expect(fitted.manifest.calibration).not.toEqual(base.manifest.calibration);
    expect(fitted.manifest.fit).toMatchObject({
      base: base.digest,
      cells: { excluded: { trainingImages: 1, trainingPatients: 10 } },
      figures: { leftOut: 'PATIENT', noInterval: null },
    });
    const classes = fitted.manifest.fit?.cells.classes ?? [];
    const used =
      classes.reduce((sum, { cells }) => sum + cells, 0) + (fitted.manifest.fit?.cells.withheldPictures ?? 0);
    expect(used).toBe(120 - 11);
    expect(stdout).toMatch(/\| Balanced accuracy \| 0\.\d{3} \(.*\) \| 0\.\d{3} \(.*\) \| -?0\.\d{3} \(/);
    expect(stdout).toMatch(/Left out: 1 images that the version was trained on, 10 images of patients/);
    expect(await readFile(join(folder, 'fitted', 'MODEL_CARD.md'), 'utf8')).toContain(base.digest);

    await fit('base', 'again');
    expect((await readArtifact(open(join(folder, 'again')), '', null)).digest).toBe(fitted.digest);
    await expect(fit('fitted', 'twice')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(base.digest),
    });
  });

  it('says what would be right for too few cells and for a label that the folder does not have', async () => {
    await writeArtifact(open(join(folder, 'other')), '', randomArtifact({ inputSize: 32 }));
    await expect(fit('other', 'none', 'few')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/needs at least 5 cells of each class: \d more of 'blast'/),
    });
    await expect(
      run(
        '--model',
        'other',
        '--source',
        `file:${join(folder, 'cells')}`,
        '--out',
        'none',
        '--positive',
        'aml',
      ),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/its labels are 'blast', 'lymphocyte'.*--positive/),
    });
  });
});
