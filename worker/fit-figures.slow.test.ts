import { sealArtifact } from '../server/artifact/artifact.js';
import { randomArtifact } from '../server/artifact/testing.js';
import { evaluate } from '../evaluation/measure-scores.js';
import { fitArtifact, type FittedArtifact } from '../training/fit/fit-artifact.js';
import { drawLocalCells, fitBase } from '../training/fit/testing.js';
import { figuresOf } from './fit-figures.js';

const { files: _files, ...rules } = fitBase();
const { modelJson, weights, onnx } = randomArtifact();
const base = sealArtifact(rules, { modelJson, weights, onnx });
const cells = drawLocalCells({ seed: 1, positives: 300, negatives: 300, patients: 10 });
const { signal } = new AbortController();
let fitted: FittedArtifact;

beforeAll(async () => {
  fitted = await fitArtifact(base, cells, {
    excluded: { trainingImages: 0, trainingPatients: 0 },
    warnings: [],
  });
});

test('the figures of a fit are those of an evaluation, and other work gets its turn while they are computed', async () => {
  let turns = 0;
  const others = setInterval(() => turns++, 1);
  const { before, after } = await figuresOf(base.manifest, fitted, null, signal);
  clearInterval(others);
  expect(turns).toBeGreaterThan(5);
  const { classes, provenance } = base.manifest;
  const options = { classes, seed: provenance.seed };
  expect(before).toMatchObject(evaluate(fitted.measured.answers.before, options));
  expect(after).toMatchObject(evaluate(fitted.measured.answers.after, options));
});

test('the figures of a fit that is stopped are not computed to the end', async () => {
  const stop = new AbortController();
  const figures = figuresOf(base.manifest, fitted, null, stop.signal);
  setImmediate(() => stop.abort(new Error('Enough.')));
  await expect(figures).rejects.toThrow('Enough.');
});

test('the number of cells without a patient is among the notes', async () => {
  const [first, ...others] = cells;
  const mixed = first ? [{ ...first, group: null }, ...others] : [];
  const choice = { excluded: { trainingImages: 0, trainingPatients: 0 }, warnings: [] };
  const { notes, hasIntervals } = await figuresOf(
    base.manifest,
    await fitArtifact(base, mixed, choice),
    null,
    signal,
  );
  expect(hasIntervals).toBe(true);
  expect(notes).toContainEqual(
    expect.stringMatching(/^The patient is unknown for 1 of the 600 fitted cells\./),
  );
});
