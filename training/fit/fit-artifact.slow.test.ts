import { type Artifact, sealArtifact } from '../../server/artifact/artifact.js';
import { Manifest } from '../../server/artifact/manifest.js';
import { randomArtifact } from '../../server/artifact/testing.js';
import { describeTrainingData, readTrainingData } from '../../server/artifact/training-data.js';
import { calibratedProbability } from '../../server/decision/interpret.js';
import { fitArtifact } from './fit-artifact.js';
import { fitRules, fittingCells } from './fit-rules.js';
import { measureFit } from './measure-fit.js';
import { drawLocalCells, fitBase } from './testing.js';

const { files: _files, ...rules } = fitBase();
const { modelJson, weights, onnx } = randomArtifact();
const trained = [{ imageSha256: 'f'.repeat(64), group: 'trained' }];
const base = sealArtifact(
  {
    ...rules,
    provenance: { ...rules.provenance, trainingData: describeTrainingData(trained) ?? undefined },
  },
  { modelJson, weights, onnx },
);
const choice = { excluded: { trainingImages: 2, trainingPatients: 3 }, warnings: ['Not chosen at random.'] };
const shifted = { slope: 1.5, intercept: -4, offset: 1.5 };
const cells = drawLocalCells({ seed: 1, positives: 20, negatives: 30, patients: 10, ...shifted });

describe('fitArtifact', () => {
  let artifact: Artifact;
  let manifest: Manifest;
  beforeAll(async () => {
    ({ artifact } = await fitArtifact(base, cells, choice));
    ({ manifest } = artifact);
  });

  it('keeps the network and its files, and names the base, the cells and their patients', () => {
    expect(manifest.files).toEqual(base.manifest.files);
    expect(manifest.metrics).toEqual(base.manifest.metrics);
    expect(manifest.calibration).not.toEqual(base.manifest.calibration);
    expect(Manifest.safeParse(manifest).success).toBe(true);
    expect(manifest.fit).toMatchObject({
      base: base.digest,
      samplePrevalence: 0.4,
      cells: {
        classes: [
          { label: 'normal', cells: 30, patients: 10 },
          { label: 'blast', cells: 20, patients: 10 },
        ],
        excluded: choice.excluded,
        withheldPictures: 0,
      },
      warnings: choice.warnings,
    });
    expect(manifest.fit?.prevalence).toBeGreaterThan(1 / 3); // the base's
    expect(manifest.fit?.prevalence).toBeLessThan(0.4); // the sample's
    const older = Manifest.safeParse({ ...manifest, format: 'cytograph-model/1' });
    expect(older.error?.issues.map(({ path }) => path.join('.'))).toContain('fit');
  });

  it('counts the fitted cells and their patients as training data, beside those of the base', () => {
    for (const [data, ofBase] of [
      [manifest.provenance.trainingData, true],
      [manifest.fit?.cells.trainingData, false],
    ] as const) {
      const { hasImage, hasGroup } = readTrainingData(data ?? { images: '', groups: '' });
      expect(cells.every(({ imageSha256, group }) => hasImage(imageSha256) && hasGroup(group ?? ''))).toBe(
        true,
      );
      expect([hasImage('f'.repeat(64)), hasGroup('trained')]).toEqual([ofBase, ofBase]);
    }
  });

  it('gives the same digest for the same cells in any order, and another for other labels', async () => {
    const digestOf = async (own: typeof cells) => (await fitArtifact(base, own, choice)).artifact.digest;
    expect(await digestOf(cells.toReversed())).toBe(artifact.digest);
    expect(
      await digestOf(cells.map((cell, index) => (index === 0 ? { ...cell, isPositive: false } : cell))),
    ).not.toBe(artifact.digest);
  });

  it('refuses to fit a fit, and names the version to fit', async () => {
    await expect(fitArtifact(artifact, cells, choice)).rejects.toThrow(base.digest);
  });
});

describe('measureFit', () => {
  const measure = (options: Partial<Parameters<typeof drawLocalCells>[0]>) =>
    measureFit(
      base.manifest,
      fittingCells(
        drawLocalCells({ seed: 2, positives: 40, negatives: 60, patients: 10, ...shifted, ...options }),
      ),
    );

  it('answers each cell by rules that were fitted without its patient', async () => {
    const own = drawLocalCells({ seed: 3, positives: 30, negatives: 30, patients: 6, ...shifted });
    const { answers, leftOut } = await measureFit(base.manifest, own);
    expect(leftOut).toBe('PATIENT');
    const without = (patient: string | null) =>
      fitRules(
        base.manifest,
        own.filter(({ group }) => group !== patient),
      ).rules;
    for (const [index, cell] of own.entries()) {
      const expected = calibratedProbability(without(cell.group).calibration, cell.logit);
      expect(answers.after[index]?.probability).toBeCloseTo(expected, 9);
    }
    expect(answers.before.map(({ probability }) => probability)).toEqual(
      own.map(({ logit }) => calibratedProbability(base.manifest.calibration, logit)),
    );
  });

  it('says that a fit to another scanner is clearly better, and one to the scanner of the base is not', async () => {
    const other = await measure({});
    expect(other.isClearlyBetter).toBe(true);
    expect(other.difference.balancedAccuracy.interval?.[0]).toBeGreaterThan(0);
    const same = await measure({ slope: 3, intercept: Math.log(0.5), offset: 0 });
    expect(same.isClearlyBetter).toBe(false);
  });

  it('does not call a fit clearly better that only withholds fewer answers', async () => {
    const recognised = await measure({ slope: 3, intercept: Math.log(0.5) });
    expect(recognised.difference.coverage.interval?.[0]).toBeGreaterThan(0);
    expect(recognised.isClearlyBetter).toBe(false);
  });

  it('gives no interval for fewer than five patients, with the reason, and leaves single images out if the patients are unknown', async () => {
    const few = await measure({ patients: 4 });
    expect(few).toMatchObject({ leftOut: 'PATIENT', isClearlyBetter: false });
    expect(few.after.sensitivity).toEqual({ estimate: expect.any(Number), interval: null });
    expect(few.noInterval).toMatch(/the cells of 'blast' are of 4 patients .*needs 5 patients/);
    const unknown = await measure({ patients: null });
    expect(unknown.leftOut).toBe('IMAGE');
    expect(unknown.noInterval).toMatch(/patients of the cells of 'blast' are unknown/);
    expect((await measure({ patients: 1 })).leftOut).toBe('IMAGE');
  });

  it('says how many cells have no patient, and gives no interval if they are more than a tenth of a class', async () => {
    const measureWithout = (isUnknown: (index: number) => boolean) => {
      const own = drawLocalCells({ seed: 2, positives: 40, negatives: 60, patients: 10, ...shifted });
      const mixed = own.map((cell, index) => (isUnknown(index) ? { ...cell, group: null } : cell));
      return fitArtifact(base, mixed, choice);
    };
    const few = await measureWithout((index) => index < 4);
    const note = expect.stringMatching(/^The patient is unknown for 4 of the 100 fitted cells\. .*too good/);
    expect(few.measured).toMatchObject({ leftOut: 'PATIENT', noInterval: null, someUnknown: note });
    expect(few.artifact.manifest.fit?.warnings).toEqual([...choice.warnings, note]);
    const { measured } = await measureWithout((index) => index < 5);
    expect(measured.noInterval).toMatch(
      /because the patient is unknown for 5 of the 40 cells of 'blast'; .* 90 %/,
    );
    expect(measured).toMatchObject({ isClearlyBetter: false, after: { sensitivity: { interval: null } } });
    expect((await measure({})).someUnknown).toBeNull();
    expect((await measure({ patients: null })).someUnknown).toBeNull();
  });

  it('gives other work its turn, and stops when it is asked to', async () => {
    const own = drawLocalCells({ seed: 2, positives: 100, negatives: 100, patients: 20, ...shifted });
    let turns = 0;
    const others = setInterval(() => turns++, 1);
    await measureFit(base.manifest, own);
    clearInterval(others);
    expect(turns).toBeGreaterThan(5);

    const stop = new AbortController();
    const stopped = measureFit(base.manifest, own, stop.signal);
    setImmediate(() => stop.abort(new Error('Enough.')));
    await expect(stopped).rejects.toThrow('Enough.');
  });
});
