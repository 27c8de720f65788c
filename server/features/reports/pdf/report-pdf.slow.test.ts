import type { ReportContent, SignedReport } from '../report-content.js';
import { exampleImages, exampleReport, exampleSignedReport, readPdf } from '../testing.js';
import { reportPdf } from './report-pdf.js';

const DIGEST = '0123456789abcdef'.repeat(4);

async function printed(report: ReportContent | SignedReport) {
  return readPdf(await reportPdf({ report, digest: DIGEST, images: await exampleImages(report) }));
}

const oneLine = (text = '') => text.replace(/\s+/g, ' ');

test('a signed report is one A4 page of text that can be selected, with letters of many languages', async () => {
  const { pages, properties } = await printed(exampleSignedReport());
  expect(pages).toHaveLength(1);
  for (const text of [
    'Blood cell report: case Ασθενής & Łódź 7',
    'Final report, version 1',
    'Ευαγγελισμός',
    'Ἑλένη Παπαδοπούλου',
    'Zdzisława Brzęczyszczykiewicz (168 reviews)',
    '2026-11-29 13:05 UTC',
    'Suspicious of acute myeloid leukaemia.',
    'Only 187 of at least 200 white cells were counted. Reason: Leukopenia.',
    'For 2 cells the reviewer could not tell the type',
    'It does not know promonocytes and abnormal promyelocytes',
    'Decision support for research and development. Not a medical device.',
    DIGEST,
    'Page 1 of 1',
  ])
    expect(oneLine(pages[0])).toContain(text);
  expect(pages[0]).toMatch(/Myeloblast +65 +34\.8 % +32\.8–37\.8 %/);
  expect(pages[0]).toMatch(/Lymphocyte +36 +19\.3 % +model estimate/);
  expect(pages[0]).toMatch(/All blasts +65 +34\.8 %/);
  expect(pages[0]?.match(/blast 97\.3 %/g)).toHaveLength(12);
  expect(pages[0]).not.toMatch(/draft/i);
  expect(properties).toMatch(/Tagged: +yes/);
  expect(properties).toMatch(/Page size: +595\.28 x 841\.89 pts \(A4\)/);
  expect(properties).toMatch(/Title: +Report of case Ασθενής & Łódź 7/);
});

test('what is not signed says so', async () => {
  const { pages } = await printed(exampleReport());
  expect(pages[0]).toContain('DRAFT – not signed');
  expect(pages[0]).toContain('Preliminary report, not signed');
  expect(pages[0]).not.toContain('Signed by');
});

test('an amended report names the version that it replaces', async () => {
  const { pages } = await printed(exampleSignedReport(2));
  expect(pages[0]).toContain('Amended report, version 2. It replaces version 1');
});

test('a long conclusion continues on a second page with the same footer, and nothing is lost', async () => {
  const sentences = Array.from({ length: 120 }, (_, index) => `Sentence number ${index + 1} of it.`);
  const { pages } = await printed(exampleSignedReport(1, { conclusion: sentences.join(' ') }));
  expect(pages).toHaveLength(2);
  const text = oneLine(pages.join(' '));
  for (const sentence of sentences) expect(text).toContain(sentence);
  for (const [index, page] of pages.entries()) {
    expect(page).toContain('Not a medical device.');
    expect(page).toContain(`Page ${index + 1} of 2`);
  }
});

test('a cell without an image keeps its place', async () => {
  const report = exampleSignedReport();
  const { pages } = await readPdf(await reportPdf({ report, digest: DIGEST, images: new Map() }));
  expect(pages[0]?.match(/Image not/g)).toHaveLength(12);
});

test('the same signed report gives the same file', async () => {
  const report = exampleSignedReport();
  const images = await exampleImages(report);
  const [one, other] = [
    await reportPdf({ report, digest: DIGEST, images }),
    await reportPdf({ report, digest: DIGEST, images }),
  ];
  expect(one.equals(other)).toBe(true);
});
