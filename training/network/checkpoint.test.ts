import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js';

describe('a checkpoint', () => {
  let folder: string;
  const checkpoint: Checkpoint = {
    identity: 'this run',
    epoch: 3,
    step: 12,
    best: { epoch: 2, loss: 0.1 },
    tensors: [Float32Array.of(1.1, -2.2, 3e-20), Float32Array.of(), Float32Array.of(4)],
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cytograph-checkpoint-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it('is read back exactly, and replaces the previous one', async () => {
    const path = join(folder, 'runs', 'a', 'checkpoint');
    await writeCheckpoint(path, { ...checkpoint, epoch: 2 });
    await writeCheckpoint(path, checkpoint);
    expect(await readCheckpoint(path, 'this run')).toEqual(checkpoint);
    expect(await readdir(join(folder, 'runs', 'a'))).toEqual(['checkpoint']);
  });

  it('is null if there is none, or if it is from another run', async () => {
    const path = join(folder, 'checkpoint');
    expect(await readCheckpoint(path, 'this run')).toBeNull();
    await writeCheckpoint(path, checkpoint);
    expect(await readCheckpoint(path, 'another run')).toBeNull();
  });
});
