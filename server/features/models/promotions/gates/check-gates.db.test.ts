import type { RequestContext, Viewer } from '../../../../api/context.js';
import { newId } from '../../../../database/ids.js';
import { Role } from '../../../../api/permissions.js';
import { UserErrorException } from '../../../../api/user-error.js';
import { sealArtifact } from '../../../../artifact/artifact.js';
import type { Manifest } from '../../../../artifact/manifest.js';
import type { EvaluationMetrics } from '../../../../artifact/classification-metrics.js';
import { randomArtifact } from '../../../../artifact/testing.js';
import { openTestServices, type TestServices } from '../../../../graphql/testing.js';
import { withReferences } from '../../../../inference/references.js';
import { PromotionPolicy } from '../../../../promotion-policy.js';
import { LENIENT_POLICY } from '../../../../promotion-policy-testing.js';
import { createSnapshot } from '../../../datasets/testing.js';
import { promoteModelVersion } from '../promote-model-version.js';
import { promotionGates } from '../promotion-gates.js';
import type { GateResult } from '../types.js';
import { recordEvaluation, registerArtifact, registerRandomVersion } from '../../testing.js';

let services: TestServices;
let engineer: Viewer;
let admin: Viewer;
let models = 0;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
  admin = await services.createViewer(Role.ADMIN);
});
afterAll(() => services.close());

const newModel = () => `gated-${++models}`;

/** A request context with a policy. */
const under = (policy: object, viewer = engineer): RequestContext => ({
  ...services.contextOf(viewer),
  config: { ...services.config, promotionPolicy: PromotionPolicy.parse({ ...LENIENT_POLICY, ...policy }) },
});

/** Promotes to champion, and returns the recorded gate results, or the message of the gates that refused it. */
async function promote(
  context: RequestContext,
  { id }: { id: string },
  overrideGates = false,
): Promise<GateResult[] | string> {
  const input = {
    modelVersionId: id,
    alias: 'CHAMPION' as const,
    reason: 'A test promotes it',
    overrideGates,
  };
  try {
    return (await promoteModelVersion(context, input)).promotion.gateResults;
  } catch (error) {
    if (!(error instanceof UserErrorException)) throw error;
    expect(error.errors).toMatchObject([{ code: 'GATE_FAILED', field: ['input', 'modelVersionId'] }]);
    return error.message;
  }
}

const gate = (results: GateResult[] | string, name: string) =>
  typeof results === 'string' ? results : results.find((result) => result.gate === name);

const bounds = (lower: number) => ({
  estimate: Math.min(1, lower + 0.02),
  lower,
  upper: Math.min(1, lower + 0.04),
});

/** A version of `modelName` whose manifest states this digest as its training snapshot, or none. */
const trainedOn = (modelName: string, snapshotDigest: string | null, seed: number) =>
  registerRandomVersion(services, {
    modelName,
    seed,
    manifest: { provenance: { snapshotDigest, seed, parameters: {}, codeRevision: null, libraries: {} } },
  });

const evaluate = (version: { id: string }, snapshot: { id: string }, metrics?: Partial<EvaluationMetrics>) =>
  recordEvaluation(services.database, version.id, snapshot.id, metrics);

test('refuses an ONNX network that does not match the weights, even with an override', async () => {
  const { manifest, modelJson, weights } = randomArtifact({ seed: 1 });
  const { onnx } = randomArtifact({ seed: 2 });
  const artifact = sealArtifact(manifest, { modelJson, weights, onnx });
  const version = await registerArtifact(services, newModel(), artifact);
  for (const [viewer, override] of [
    [engineer, false],
    [admin, true],
  ] as const) {
    const refusal = await promote(under({}, viewer), version, override);
    expect(refusal).toMatch(/^Gate 'parity': model.onnx does not compute what model.json and weights.bin do/);
    expect(refusal).toContain('No one may override this.');
  }
});

test('refuses a version whose reference outputs differ in this release, even with an override', async () => {
  const { manifest, modelJson, weights, onnx } = await withReferences(randomArtifact());
  const { files: _files, references = [], ...rest } = manifest;
  const promoteWith = async (changed: typeof references) => {
    const artifact = sealArtifact({ ...rest, references: changed }, { modelJson, weights, onnx });
    const version = await registerArtifact(services, newModel(), artifact);
    return promote(under({}, admin), version, true);
  };
  const pixels = 'ab'.repeat(32);
  const refusal = await promoteWith(references.map((reference) => ({ ...reference, pixels })));
  expect(refusal).toMatch(
    /^Gate 'loads': This version was made by another release of Cytograph, and this release gives different results/,
  );
  expect(refusal).toContain('No one may override this.');
  expect(await promoteWith(references)).toContainEqual({
    gate: 'references',
    passed: true,
    message: expect.stringContaining('4 reference images'),
    observed: null,
    required: null,
  });
});

describe('without a policy', () => {
  test('the first version is promoted on the metrics in its manifest, which the history records', async () => {
    const results = await promote(
      under({}),
      await registerRandomVersion(services, { modelName: newModel() }),
    );
    expect(results).toEqual([
      expect.objectContaining({ gate: 'artifact', passed: true }),
      expect.objectContaining({
        gate: 'parity',
        passed: true,
        message: expect.stringContaining('byte for byte'),
      }),
      expect.objectContaining({ gate: 'loads', passed: true }),
      expect.objectContaining({
        gate: 'references',
        passed: true,
        message: expect.stringMatching(/^The version has no reference images.* cannot be checked\.$/),
      }),
      {
        gate: 'evaluated',
        passed: true,
        message:
          'AUC 0.900 (0.850–0.940) on its own validation split (100 images of 10 groups). ' +
          'There is no evaluation on this server, so this evaluation is from the manifest.',
        observed: 0.9,
        required: null,
      },
      expect.objectContaining({
        gate: 'auc',
        passed: true,
        message: 'The model has had no other champion to compare with.',
      }),
    ]);
  });

  test("names the split that the manifest's metrics were measured on", async () => {
    const { validation } = randomArtifact().manifest.metrics;
    const where = async (metrics: Manifest['metrics']) => {
      const version = await registerRandomVersion(services, { modelName: newModel(), manifest: { metrics } });
      const results = await promotionGates(under({}), { modelVersionId: version.id, alias: 'CHAMPION' });
      return results.find((result) => result.gate === 'evaluated')?.message;
    };
    expect(await where({ validation, test: validation })).toContain('on its own test split');
    expect(await where({ validation, outOfFold: true, test: null })).toContain('out of fold (100 images');
  });

  test('uses the newest evaluation on images of both classes', async () => {
    const version = await registerRandomVersion(services, { modelName: newModel() });
    await evaluate(version, await createSnapshot(services.database, []), { auc: bounds(0.5) });
    const newest = await createSnapshot(services.database, [], { name: 'newest' });
    await evaluate(version, newest, { auc: bounds(0.7) });
    await evaluate(version, await createSnapshot(services.database, []), { auc: null });
    const results = await promote(under({}), version);
    const message = expect.stringContaining(`on newest version ${newest.version}`);
    expect(gate(results, 'evaluated')).toMatchObject({ observed: 0.72, message });
  });

  test('an evaluation on training data does not count', async () => {
    const training = await createSnapshot(services.database, [{ image: 'known', group: 'one' }]);
    const version = await trainedOn(newModel(), training.digest, 1);
    await evaluate(version, await createSnapshot(services.database, [{ image: 'known' }])); // bypasses evaluateModelVersion
    const message = expect.stringContaining('this evaluation is from the manifest');
    expect(gate(await promote(under({}), version), 'evaluated')).toMatchObject({ passed: true, message });
  });

  test('a version trained elsewhere needs an evaluation on this server, because its own metrics are not accepted', async () => {
    const version = await registerRandomVersion(services, {
      modelName: newModel(),
      origin: { trainedElsewhere: true },
    });
    const refusal = await promote(under({ minSensitivity: 0.1, maxExpectedCalibrationError: 1 }), version);
    expect(refusal).toContain(
      "Gate 'evaluated': The metrics that a version trained elsewhere reports are not accepted",
    );
    expect(refusal).toContain("Gate 'sensitivity': There is no sensitivity, because no evaluation counts");
    expect(refusal).toContain(
      "Gate 'calibration': There is no expected calibration error, because no evaluation counts",
    );
    await evaluate(version, await createSnapshot(services.database, []));
    const message = expect.stringContaining('the statement about its training data is unverified');
    expect(gate(await promote(under({}), version), 'evaluated')).toMatchObject({ passed: true, message });
  });

  test('a version without a comparison is promoted, and the gate says which evaluation to run', async () => {
    const modelName = newModel();
    const [first, second] = [
      await registerRandomVersion(services, { modelName, seed: 1 }),
      await registerRandomVersion(services, { modelName, seed: 2 }),
    ];
    await promote(under({}), first);
    const compared = async () =>
      gate(await promotionGates(under({}), { modelVersionId: second.id, alias: 'CHAMPION' }), 'auc');
    const message =
      'Not compared with the champion, version 1: no snapshot has evaluations of both versions.';
    expect(await compared()).toMatchObject({
      passed: true,
      message: `${message} Evaluate both on the same snapshot.`,
    });
    const { id, version } = await createSnapshot(services.database, [], { name: 'cells' });
    await evaluate(first, { id });
    expect(await compared()).toMatchObject({
      message: `${message} Evaluate version 2 on cells version ${version} as well.`,
    });
    const other = await createSnapshot(services.database, [], { name: 'smears' });
    await evaluate(second, other);
    expect(await compared()).toMatchObject({
      message: `${message} Evaluate version 1 on smears version ${other.version} as well.`,
    });
  });
});

describe('not worse than the champion', () => {
  const contest = async (champion: number, candidate: number, policy = {}) => {
    const modelName = newModel();
    const [first, second] = [
      await registerRandomVersion(services, { modelName, seed: 1 }),
      await registerRandomVersion(services, { modelName, seed: 2 }),
    ];
    await promote(under({}), first);
    const both = await createSnapshot(services.database, [], { name: 'both' });
    const alone = await createSnapshot(services.database, []);
    await evaluate(first, both, { auc: bounds(champion) });
    await evaluate(second, both, { auc: bounds(candidate) });
    await evaluate(second, alone, { auc: bounds(0.1) }); // newer, but not comparable with the champion
    return gate(await promote(under(policy), second), 'auc');
  };

  test('on the snapshot that both were evaluated on', async () => {
    expect(await contest(0.9, 0.89)).toMatchObject({
      passed: true,
      observed: 0.89,
      required: expect.closeTo(0.88),
    });
    expect(await contest(0.9, 0.87)).toMatch(
      /Gate 'auc': The lower bound of the AUC on both version \d+ is 0\.870, compared with 0\.900 for the champion, version 1\./,
    );
  });

  test('by no more than the margin of the policy', async () => {
    expect(await contest(0.9, 0.87, { aucMargin: 0.03001 })).toMatchObject({ passed: true });
    expect(await contest(0.9, 0.89, { aucMargin: 0 })).toMatch(/Gate 'auc'/);
  });
});

describe('an evaluation that the policy requires', () => {
  const policy = { evaluation: 'required' };

  test('shares no image and no patient with the training data, as far as can be known', async () => {
    const { database } = services;
    const modelName = newModel();
    const training = await createSnapshot(database, [{ image: 'seen', group: 'one' }], { name: 'hospital' });
    const version = await trainedOn(modelName, training.digest, 1);
    expect(await promote(under(policy), version)).toMatch(
      /'evaluated': The policy requires an evaluation .*, and there is none\. Evaluate version 1 on such a snapshot\. If you have none, ingest labelled images of other patients/,
    );

    const overlapping = [
      await createSnapshot(database, [{ image: 'seen', group: 'two' }]),
      await createSnapshot(database, [{ image: 'a', group: 'one' }], { name: 'hospital' }),
      await createSnapshot(database, [{ image: 'b', group: null }], { name: 'hospital' }),
    ];
    for (const snapshot of overlapping) {
      await evaluate(version, snapshot); // bypasses evaluateModelVersion, which refuses the first two
      const refusal = await promote(under(policy), version);
      expect(refusal).toContain(
        `The evaluation on ${snapshot.name} version ${snapshot.version} does not count.`,
      );
    }

    await evaluate(
      version,
      await createSnapshot(database, [{ image: 'c', group: 'three' }], { name: 'hospital' }),
    );
    const results = await promote(under(policy), version);
    const message = expect.stringContaining('No image and no patient (group) is in hospital version');
    expect(gate(results, 'evaluated')).toMatchObject({ passed: true, message });
  });

  test('provides all metrics: those in the manifest do not replace it', async () => {
    const version = await registerRandomVersion(services, { modelName: newModel() });
    const refusal = await promote(under({ ...policy, minSensitivity: 0.01 }), version);
    expect(refusal).toContain("Gate 'sensitivity': There is no sensitivity, because no evaluation counts");
  });

  test('of another hospital counts, with a note that patients could not be compared', async () => {
    const training = await createSnapshot(services.database, [{ image: 'x', group: 'one' }]);
    const version = await trainedOn(newModel(), training.digest, 1);
    await evaluate(version, await createSnapshot(services.database, [{ image: 'y', group: 'one' }]));
    const message = expect.stringContaining('the snapshots are of different datasets');
    expect(gate(await promote(under(policy), version), 'evaluated')).toMatchObject({ passed: true, message });
  });

  test('does not count if the training data is unknown', async () => {
    for (const digest of [null, 'f'.repeat(64)]) {
      const version = await trainedOn(newModel(), digest, 1);
      await evaluate(version, await createSnapshot(services.database, [{ image: 'y' }]));
      expect(await promote(under(policy), version)).toMatch(
        /does not count\. Overlap .* could not be checked/,
      );
    }
  });

  test('is also required of the champion on the same snapshot', async () => {
    const modelName = newModel();
    const { digest } = await createSnapshot(services.database, [{ image: 'x', group: 'one' }]);
    const [first, second] = [await trainedOn(modelName, digest, 1), await trainedOn(modelName, digest, 2)];
    await promote(under({}), first);
    const snapshot = await createSnapshot(services.database, [{ image: 'z', group: 'two' }], {
      name: 'fresh',
    });
    await evaluate(second, snapshot);
    expect(await promote(under(policy), second)).toContain(
      `Gate 'auc': Not compared with the champion, version 1: no snapshot has evaluations of both versions. ` +
        `Evaluate version 1 on fresh version ${snapshot.version} as well.`,
    );
    await evaluate(first, snapshot);
    expect(gate(await promote(under(policy), second), 'auc')).toMatchObject({ passed: true });
  });
});

describe('limits of the policy', () => {
  const judged = async (policy: object, metrics: Partial<EvaluationMetrics>) => {
    const version = await registerRandomVersion(services, { modelName: newModel() });
    await evaluate(version, await createSnapshot(services.database, []), metrics);
    return promote(under(policy), version);
  };

  test('lower bound of the sensitivity', async () => {
    const policy = { minSensitivity: 0.9 };
    const confusionMatrix = [{ actual: 'blast', predicted: 'blast', count: 10_000 }];
    const passed = { gate: 'sensitivity', passed: true, observed: 0.9, required: 0.9 };
    expect(
      gate(await judged(policy, { sensitivity: bounds(0.9), confusionMatrix }), 'sensitivity'),
    ).toMatchObject(passed);
    const wide = { estimate: 0.99, lower: 0.89, upper: 1 };
    expect(await judged(policy, { sensitivity: wide, confusionMatrix })).toMatch(
      /Gate 'sensitivity': The lower bound of the sensitivity is 0\.890 on set-\d+ version \d+ .*at least 0\.9\./,
    );
    expect(await judged(policy, { sensitivity: null })).toContain(
      'has no sensitivity. The policy requires a lower bound of at least 0.9.',
    );
  });

  test('three correct of three is not enough evidence', async () => {
    const sensitivity = { estimate: 1, lower: 1, upper: 1 }; // the bootstrap interval of three correct of three
    const confusionMatrix = [{ actual: 'blast', predicted: 'blast', count: 3 }];
    expect(await judged({ minSensitivity: 0.5 }, { sensitivity, confusionMatrix })).toMatch(
      /Gate 'sensitivity': The lower bound of the sensitivity is 0\.439 .*, 3 of them labelled 'blast'\. The policy requires at least 0\.5/,
    );
  });

  test('lower bound of the specificity', async () => {
    const policy = { minSpecificity: 0.7 };
    const confusionMatrix = [
      { actual: 'normal', predicted: 'normal', count: 10_000 },
      { actual: 'blast', predicted: 'blast', count: 2 },
    ];
    expect(
      gate(await judged(policy, { specificity: bounds(0.7), confusionMatrix }), 'specificity'),
    ).toMatchObject({ passed: true, observed: 0.7, required: 0.7 });
    expect(await judged(policy, { specificity: bounds(0.69), confusionMatrix })).toMatch(
      /Gate 'specificity': The lower bound of the specificity is 0\.690 .*, 10000 of them not labelled 'blast'\. .*at least 0\.7\./,
    );
    expect(await judged(policy, { specificity: null })).toContain('has no specificity.');
  });

  test('coverage, which is the share of images that are not withheld', async () => {
    const policy = { minCoverage: 0.5 };
    expect(gate(await judged(policy, { abstentionRate: 0.5 }), 'coverage')).toMatchObject({
      passed: true,
      observed: 0.5,
      required: 0.5,
    });
    expect(await judged(policy, { abstentionRate: 0.99 })).toMatch(
      /Gate 'coverage': The version classifies 1\.0 % of the images on .* and withholds the others\. The policy requires at least 50 %\./,
    );
    expect(await judged(policy, { abstentionRate: null })).toContain('has no coverage.');
  });

  describe('by default', () => {
    const judgedByDefault = async (metrics: Partial<EvaluationMetrics>) => {
      const { database } = services;
      const { digest } = await createSnapshot(database, [{ image: 'x', group: 'one' }]);
      const version = await trainedOn(newModel(), digest, 1);
      await evaluate(version, await createSnapshot(database, [{ image: 'z', group: 'two' }]), metrics);
      const context = {
        ...services.contextOf(engineer),
        config: { ...services.config, promotionPolicy: PromotionPolicy.parse({}) },
      };
      return promote(context, version);
    };
    const confusionMatrix = ['normal', 'blast'].map((label) => {
      return { actual: label, predicted: label, count: 1000 };
    });
    const usable = {
      auc: bounds(0.95),
      sensitivity: bounds(0.9),
      specificity: bounds(0.9),
      abstentionRate: 0.1,
      confusionMatrix,
    };

    test('a usable version with an independent evaluation passes', async () => {
      expect(gate(await judgedByDefault(usable), 'coverage')).toMatchObject({ passed: true });
    });

    test.each([
      ['sensitivity', { sensitivity: bounds(0.79) }],
      ['specificity', { specificity: bounds(0.17) }],
      ['coverage', { abstentionRate: 0.99 }],
    ])('a version with a low %s is refused', async (name, metrics) => {
      expect(await judgedByDefault({ ...usable, ...metrics })).toContain(`Gate '${name}'`);
    });

    test('a version that guesses is refused at every threshold', async () => {
      for (const sensitivity of [0, 0.25, 0.5, 0.75, 1]) {
        const at = (estimate: number) => ({ estimate, lower: estimate, upper: estimate });
        const guesses = { sensitivity: at(sensitivity), specificity: at(1 - sensitivity) };
        expect(await judgedByDefault({ ...usable, ...guesses })).toMatch(/Gate '(sensitivity|specificity)'/);
      }
    });
  });

  test('expected calibration error', async () => {
    const policy = { maxExpectedCalibrationError: 0.05 };
    const passed = { gate: 'calibration', passed: true, observed: 0.05, required: 0.05 };
    expect(gate(await judged(policy, { expectedCalibrationError: 0.05 }), 'calibration')).toMatchObject(
      passed,
    );
    expect(await judged(policy, { expectedCalibrationError: 0.06 })).toMatch(
      /Gate 'calibration': .* is 0\.060/,
    );
    expect(await judged(policy, { expectedCalibrationError: null })).toContain(
      'has no expected calibration error. The policy requires at most 0.05.',
    );
  });
});

describe('an override', () => {
  test('needs an ADMIN, and is recorded on the promotion and in the audit trail', async () => {
    const policy = { minSensitivity: 0.99, maxExpectedCalibrationError: 0.001, approval: 'second-person' };
    const version = await registerRandomVersion(services, { modelName: newModel() });
    expect(await promote(under(policy, admin), version)).toContain('An administrator may override this.');
    await promote(under(policy, admin), version, true);

    const { data } = await services.execute(
      `query ($id: ID!) { modelVersion(id: $id) { model { promotions { overridden approvedBy { id } gateResults { gate passed } } } } }`,
      { id: version.id },
      engineer,
    );
    const [promotion] = data.modelVersion.model.promotions;
    expect(promotion.overridden).toEqual(['sensitivity', 'calibration', 'approval']);
    expect(promotion.approvedBy).toBeNull();
    const { detail } = await services.database.auditEvent.findFirstOrThrow({
      where: { entityId: version.id, action: 'MODEL_VERSION_PROMOTED', outcome: 'success' },
    });
    for (const name of promotion.overridden) expect(detail).toContain(`Overrode the gate '${name}'`);
  });
});

describe('checking the gates before a promotion', () => {
  const DRY_RUN = `query ($id: ID!, $alias: ModelAlias!) { promotionGates(modelVersionId: $id, alias: $alias) { gate passed message observed required } }`;

  test('gives the same results as the promotion, and changes nothing', async () => {
    const policy = { minSensitivity: 0.99 };
    const version = await registerRandomVersion(services, { modelName: newModel() });
    const beforehand = await promotionGates(under(policy), { modelVersionId: version.id, alias: 'CHAMPION' });
    expect(beforehand.filter(({ passed }) => !passed).map(({ gate }) => gate)).toEqual(['sensitivity']);
    expect(await services.database.promotion.count({ where: { modelId: version.modelId } })).toBe(0);
    const results = await promote(under(policy, admin), version, true);
    const plain = ({ gate, passed, message }: GateResult) => ({ gate, passed, message });
    expect(typeof results === 'string' ? results : results.map(plain)).toEqual(beforehand.map(plain));
  });

  test('checks only the artifact for a challenger', async () => {
    const { id } = await registerRandomVersion(services, { modelName: newModel() });
    const { data } = await services.execute(DRY_RUN, { id, alias: 'CHALLENGER' }, engineer);
    expect(data.promotionGates.map(({ gate }: { gate: string }) => gate)).toEqual([
      'artifact',
      'parity',
      'loads',
      'references',
    ]);
  });

  test('is only for viewers who may promote models, and for READY versions', async () => {
    const { id } = await registerRandomVersion(services, { modelName: newModel() });
    const auditor = await services.createViewer(Role.AUDITOR);
    const asked = async (variables: object, viewer: Viewer) =>
      (await services.execute(DRY_RUN, { alias: 'CHAMPION', ...variables }, viewer)).errors.map(
        ({ code }) => code,
      );
    expect(await asked({ id }, auditor)).toEqual(['FORBIDDEN']);
    expect(await asked({ id: newId('mver') }, engineer)).toEqual(['NOT_FOUND']);
    await services.database.modelVersion.update({ where: { id }, data: { status: 'ARCHIVED' } });
    expect(await asked({ id }, engineer)).toEqual(['CONFLICT']);
  });
});
