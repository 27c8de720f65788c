import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { writeArtifact } from '../../server/artifact/artifact-store.js';
import { randomArtifact } from '../../server/artifact/testing.js';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { drawField, drawRedCells, WHITE_CELL } from '../../server/features/predictions/fields/testing.js';
import { CELL_COLUMNS, fieldOf, RESULT_COLUMNS } from './results-csv.js';

const COUNT = 60;
const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };

let folder: string;
let cells: string;
let whole: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cytograph-classify-'));
  cells = join(folder, 'cells');
  await writeDemoCells(cells, { count: COUNT, seed: 1, size: 48 });
  await writeFile(join(cells, 'broken.png'), 'no image');
  await cp(join(cells, 'blast/demo-01_00000.jpg'), join(cells, 'an image without an extension'));
  await mkdir(join(cells, 'blast/@eaDir'));
  await cp(join(cells, 'blast/demo-01_00000.jpg'), join(cells, 'blast/@eaDir/demo.jpg'));
  await writeFile(join(cells, '.DS_Store'), 'Bud1');
  await cp(join(cells, 'blast/demo-01_00000.jpg'), join(cells, '=HYPERLINK("x"), 1\n.jpg'));
  for (const [name, seed] of [
    ['model', 1],
    ['other', 2],
  ] as const) {
    await writeArtifact(
      openObjectStore(`file:${join(folder, name)}`, noS3),
      '',
      randomArtifact({ inputSize: 32, seed }),
    );
  }
  const { code, stdout } = await run('--out', 'whole.csv');
  expect(code).toBe(2); // one file is called an image and is none
  expect(stdout).toMatch(
    /^whole\.csv: .+; 1 image could not be read; 1 file is not an image; 2 system files were left out\.\n$/,
  );
  whole = await read('whole.csv');
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const program = join(import.meta.dirname, 'classify-files.js');
const env = { PATH: process.env.PATH, LOG_LEVEL: 'error', INFERENCE_THREADS: '2' };
const read = (name: string) => readFile(join(folder, name), 'utf8');

const run = (...args: string[]) => runIn('cells', ...args);

function runIn(
  images: string,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [program, images, '--model', 'model', ...args],
      { cwd: folder, env },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}

it('writes a line for every file: an answer, or the reason why there is none', () => {
  const records: Record<string, string>[] = parse(whole, { columns: true });
  expect(whole.split('\n')[0]).toBe(RESULT_COLUMNS.join());
  expect(records).toHaveLength(COUNT + 4);
  expect(whole.split('\n')).toHaveLength(COUNT + 6); // a line each, the header, and nothing behind the last
  for (const record of records.filter(({ error }) => error === '')) {
    expect(['CLASSIFIED', 'INDETERMINATE', 'OUT_OF_DISTRIBUTION']).toContain(record.outcome);
    expect(record.sha256).toMatch(/^[0-9a-f]{64}$/);
    const [confidence, probability] = [Number(record.confidence), Number(record.probability)];
    expect(record.label === 'blast' ? probability : 1 - probability).toBeCloseTo(confidence, 9);
  }
  expect(records.filter(({ error }) => error !== '')).toMatchObject([
    { file: 'broken.png', outcome: '', label: '', confidence: '', error: expect.stringContaining('image') },
    { file: 'groups.csv', outcome: 'SKIPPED', label: '', error: 'Its content is not an image.' },
  ]);
  expect(records.find(({ file }) => file === 'an image without an extension')?.sha256).toMatch(
    /^[0-9a-f]{64}$/,
  );
  expect(records.find(({ file }) => file?.startsWith("'="))?.file).toBe(`'=HYPERLINK("x"), 1␊.jpg`);
});

it('writes no field that a spreadsheet would evaluate as a formula', () => {
  expect(['=1', '+1', '-1', '@a', ' =1', '\t=1', 'a=1'].map(fieldOf)).toEqual([
    "'=1",
    "'+1",
    "'-1",
    "'@a",
    "' =1",
    '␉=1',
    'a=1',
  ]);
});

it('continues after an interruption in the middle of a line, and writes the same file', async () => {
  await writeFile(join(folder, 'cut.csv'), whole);
  await truncate(join(folder, 'cut.csv'), Math.floor(Buffer.byteLength(whole) / 2));
  const { code, stdout } = await run('--out', 'cut.csv');
  expect(code).toBe(2);
  expect(await read('cut.csv')).toBe(whole);
  expect(stdout).toContain('1 image could not be read');
  expect((await run('--out', 'cut.csv')).code).toBe(2); // nothing is left to do
  expect(await read('cut.csv')).toBe(whole);
});

it('writes the same file after kill -9', async () => {
  const out = join(folder, 'killed.csv');
  const child = spawn(process.execPath, [program, 'cells', '--model', 'model', '--out', out], {
    cwd: folder,
    env: { ...env, INFERENCE_THREADS: '1' },
    stdio: 'ignore',
  });
  children.push(child);
  const ended = once(child, 'exit');
  const size = () =>
    stat(out).then(
      ({ size }) => size,
      () => 0,
    );
  while ((await size()) < 1000 && child.exitCode === null) await sleep(5);
  child.kill('SIGKILL');
  await ended;
  await run('--out', 'killed.csv');
  expect(await read('killed.csv')).toBe(whole);
});

it('refuses to mix versions, and to write to a file that is not a results file', async () => {
  await writeFile(join(folder, 'mixed.csv'), whole);
  const mixed = await run('--out', 'mixed.csv', '--model', 'other');
  expect(mixed).toMatchObject({ code: 1, stderr: expect.stringContaining('another version') });
  await appendFile(join(folder, 'foreign.csv'), 'a,b\n1,2\n');
  const foreign = await run('--out', 'foreign.csv');
  expect(foreign).toMatchObject({ code: 1, stderr: expect.stringContaining('not a results file') });
  expect(await read('foreign.csv')).toBe('a,b\n1,2\n');
  expect(await run()).toMatchObject({ code: 1, stderr: expect.stringContaining('--out is required') });
});

const CENTRES: [number, number][] = [
  [120, 110],
  [330, 100],
  [230, 330],
];

describe('fields', () => {
  let pictures: string;
  const ofFields = async (out: string, ...options: string[]) => {
    const args = ['--out', out, ...options];
    const { code, stdout, stderr } = await runIn('pictures', ...args);
    return { code, stdout, stderr, text: await read(out) };
  };
  const recordsOf = (text: string): Record<string, string>[] => parse(text, { columns: true });

  beforeAll(async () => {
    pictures = join(folder, 'pictures');
    await mkdir(pictures);
    await writeFile(join(pictures, 'field.png'), await drawField(CENTRES));
    await writeFile(join(pictures, 'one.png'), await drawField([[300, 240]]));
    await writeFile(join(pictures, 'red.png'), await drawRedCells());
    await writeFile(join(pictures, 'zz-broken.png'), 'no image');
  });

  it('writes a line for each cell with its box, and says which cells were left out', async () => {
    const { code, stdout, stderr, text } = await ofFields('fields.csv', '--fields');
    expect(code).toBe(2);
    expect(stderr).not.toContain('Warning');
    expect(stdout).toMatch(
      /; 2 cells were left out; 1 picture shows no cell; 1 image could not be read\.\n$/,
    );
    expect(text.split('\n')[0]).toBe([...RESULT_COLUMNS, ...CELL_COLUMNS].join());
    const records = recordsOf(text);
    const numbers = records.map(({ file, cell, cells, outcome }) => ({ file, cell, cells, outcome }));
    const classified = expect.stringMatching(/^(CLASSIFIED|INDETERMINATE|OUT_OF_DISTRIBUTION)$/);
    expect(numbers).toEqual([
      ...['1', '2', '3'].map((cell) => ({ file: 'field.png', cell, cells: '4', outcome: classified })),
      { file: 'field.png', cell: '4', cells: '4', outcome: 'LEFT_OUT' },
      { file: 'one.png', cell: '1', cells: '2', outcome: classified },
      { file: 'one.png', cell: '2', cells: '2', outcome: 'LEFT_OUT' },
      { file: 'red.png', cell: '', cells: '0', outcome: 'NO_CELL' },
      { file: 'zz-broken.png', cell: '', cells: '', outcome: '' },
    ]);
    expect(records[3]?.error).toContain('border');
    expect(new Set(records.slice(0, 4).map(({ sha256 }) => sha256)).size).toBe(1);
    for (const [index, [x, y]] of CENTRES.entries()) {
      const { regionLeft, regionTop, regionWidth, regionHeight } = records[index] ?? {};
      expect(Math.abs(Number(regionLeft) + Number(regionWidth) / 2 - x)).toBeLessThan(WHITE_CELL / 3);
      expect(Math.abs(Number(regionTop) + Number(regionHeight) / 2 - y)).toBeLessThan(WHITE_CELL / 3);
    }
  });

  it('decides for each image whether it is a field', async () => {
    const records = recordsOf((await ofFields('automatic.csv', '--automatic')).text);
    expect(records.map(({ file, cells }) => [file, cells])).toEqual([
      ...new Array(4).fill(['field.png', '4']),
      ...['one.png', 'red.png', 'zz-broken.png'].map((file) => [file, '']),
    ]);
    expect(records[4]?.label).not.toBe(''); // one.png, as one cell
    const fields = recordsOf((await ofFields('fields.csv', '--fields')).text);
    expect(records.slice(0, 4)).toEqual(fields.slice(0, 4));
  });

  it('continues after an interruption between the lines of a field, and writes the same file', async () => {
    const { text } = await ofFields('fields.csv', '--fields');
    const lines = text.split('\n');
    for (const kept of [2, 3, 5, 6]) {
      await writeFile(join(folder, 'cut.csv'), lines.slice(0, kept).join('\n') + '\n');
      expect((await ofFields('cut.csv', '--fields')).text).toBe(text);
    }
  });

  it('refuses to continue a file of the other kind, and both options together', async () => {
    await writeFile(join(folder, 'kind.csv'), whole);
    const asFields = await ofFields('kind.csv', '--fields');
    expect(asFields).toMatchObject({ code: 1, stderr: expect.stringContaining('without --fields') });
    expect(asFields.text).toBe(whole);
    const { text } = await ofFields('fields.csv', '--fields');
    await writeFile(join(folder, 'kind.csv'), text);
    const asCells = await ofFields('kind.csv');
    expect(asCells).toMatchObject({ code: 1, stderr: expect.stringContaining('add the same option') });
    expect(asCells.text).toBe(text);
    const both = await ofFields('kind.csv', '--fields', '--automatic');
    expect(both).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('either --fields or --automatic'),
    });
  });
});
