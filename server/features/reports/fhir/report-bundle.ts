import { v5 as uuidv5 } from 'uuid';
import type { ReportContent, ReportedCell, ReportedShare, SignedReport } from '../report-content.js';
import { answerText, limitationsOf, reviewText, rowText, statusText } from '../report-words.js';
import {
  ALL_BLASTS,
  ALL_NEUTROPHILS,
  DIFFERENTIAL_PANEL,
  ERYTHROBLASTS,
  type LoincCode,
  SHARE_OF_TYPE,
} from './loinc-codes.js';

/** A resource of FHIR R4 (4.0.1) as JSON. */
export type FhirResource = { resourceType: string } & Record<string, unknown>;

export interface FhirBundle extends FhirResource {
  resourceType: 'Bundle';
  entry: { fullUrl: string; resource: FhirResource }[];
}

export interface ReportToSend {
  report: ReportContent | SignedReport;
  /** SHA-256 of the report's canonical JSON, in hexadecimal. */
  digest: string;
  pdf: Uint8Array;
  /** JPEG images of the supporting cells, by the id of the prediction. */
  images: ReadonlyMap<string, Uint8Array>;
}

interface Reference {
  reference: string;
}

/** Names of resources are made from the ids of this server in this namespace. */
const NAMESPACE = '6f0c3f0a-4b0e-5c8e-9a43-2f8f6a9f3d10';
const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';
const URI = 'urn:ietf:rfc:3986';
/** The minimum number of white cells of a bone marrow, for which the codes for blood are wrong. */
const MARROW = 500;

/**
 * A report as a FHIR R4 Bundle of the type `collection`: a DiagnosticReport with the PDF, an Observation for each row of the differential, a
 * Media for each supporting cell, a Device for each model version, Practitioners, and Patient and Specimen with the case reference only.
 * An amended report has the same identifier as the report that it replaces. A draft has another one, so that a system that imports it does not
 * set a final report back to preliminary.
 */
export function reportBundle({ report, digest, pdf, images }: ReportToSend): FhirBundle {
  const isSigned = 'signedBy' in report;
  const urlOf = (name: string) => `urn:uuid:${uuidv5(`${report.case.id} ${name}`, NAMESPACE)}`;
  const to = (name: string): Reference => ({ reference: urlOf(name) });
  const entry = (name: string, resource: FhirResource) => ({ fullUrl: urlOf(name), resource });

  const identifier = [
    {
      value: report.case.reference,
      ...(report.case.site === null ? {} : { assigner: { display: report.case.site } }),
    },
  ];
  const people = new Map(report.reviewers.map(({ id, name }) => [id, name]));
  if (isSigned) people.set(report.signedBy.id, report.signedBy.name);
  const observations = observationsOf(report, to);

  const diagnosticReport = {
    resourceType: 'DiagnosticReport',
    language: 'en',
    text: narrative([report.notice, statusText(report), ...limitationsOf(report)]),
    identifier: [{ system: URI, value: urlOf(isSigned ? 'report' : 'draft report') }],
    status: statusOf(report),
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'HM', display: 'Hematology' },
        ],
      },
    ],
    code: codeOf(report, DIFFERENTIAL_PANEL, 'Blood cell differential'),
    subject: to('patient'),
    specimen: [to('specimen')],
    ...(isSigned ? { issued: report.signedAt, performer: [to(report.signedBy.id)] } : {}),
    ...listIfAny(
      'resultsInterpreter',
      report.reviewers.map(({ id }) => to(id)),
    ),
    ...listIfAny(
      'result',
      observations.map(({ name }) => to(name)),
    ),
    ...listIfAny(
      'media',
      report.supportingCells.map((cell) => ({ comment: captionOf(cell), link: to(cell.predictionId) })),
    ),
    ...(report.conclusion === '' ? {} : { conclusion: report.conclusion }),
    presentedForm: [
      {
        ...{ contentType: 'application/pdf', language: 'en', data: base64(pdf) },
        title: `${statusText(report)}. ${report.notice}`,
        ...(isSigned ? { creation: report.signedAt } : {}),
      },
    ],
  };

  return {
    resourceType: 'Bundle',
    identifier: { system: URI, value: niOf(digest) },
    type: 'collection',
    ...(isSigned ? { timestamp: report.signedAt } : {}),
    entry: [
      entry('report', diagnosticReport),
      entry('patient', { resourceType: 'Patient', identifier }),
      entry('specimen', { resourceType: 'Specimen', identifier, subject: to('patient') }),
      ...[...people].map(([id, name]) =>
        entry(id, { resourceType: 'Practitioner', identifier: [{ value: id }], name: [{ text: name }] }),
      ),
      ...report.modelVersions.map((version) => entry(version.id, deviceOf(version, report.notice))),
      ...observations.map(({ name, resource }) => entry(name, resource)),
      ...report.supportingCells.map((cell) =>
        entry(cell.predictionId, mediaOf(cell, images.get(cell.predictionId), to, report.notice)),
      ),
    ],
  };
}

function statusOf(report: ReportContent | SignedReport): 'preliminary' | 'final' | 'amended' {
  if (!('signedBy' in report)) return 'preliminary';
  return report.version === 1 ? 'final' : 'amended';
}

/** A code with its text. The codes are for blood, so a marrow has only the text. */
function codeOf({ differential }: ReportContent, loinc: LoincCode | undefined, text: string) {
  if (!loinc || differential.minimumCells === MARROW) return { text };
  return { coding: [{ system: LOINC, ...loinc }], text };
}

type To = (name: string) => Reference;

function observationsOf(
  report: ReportContent | SignedReport,
  to: To,
): { name: string; resource: FhirResource }[] {
  const { differential } = report;
  const status = statusOf(report);
  const observation = (
    name: string,
    code: object,
    { isEstimate, seen }: { isEstimate: boolean; seen: string },
    value: object,
  ) => ({
    name: `observation ${name}`,
    resource: {
      resourceType: 'Observation',
      // What no person has confirmed is not final, also in a final report.
      status: isEstimate ? 'preliminary' : status,
      category: [
        {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/observation-category',
              ...{ code: 'laboratory', display: 'Laboratory' },
            },
          ],
        },
      ],
      code,
      subject: to('patient'),
      specimen: to('specimen'),
      ...('signedBy' in report
        ? { issued: report.signedAt, ...(isEstimate ? {} : { performer: [to(report.signedBy.id)] }) }
        : {}),
      method: { text: isEstimate ? ESTIMATE : `Counted on images; every ${seen} was reviewed by a person` },
      note: [{ text: isEstimate ? `${ESTIMATE}. ${report.notice}` : report.notice }],
      ...value,
    },
  });
  const share = (name: string, loinc: LoincCode | undefined, text: string, of: ReportedShare) =>
    observation(
      name,
      codeOf(report, loinc, text),
      // Other white cells, of which the share is calculated, need no review, unless there is no cell of the type.
      { isEstimate: of.isEstimate, seen: of.count === 0 ? 'white cell' : 'cell that is counted here' },
      valueOfShare(of),
    );
  const { SEGMENTED_NEUTROPHIL: segmented, ...others } = SHARE_OF_TYPE;
  const codes: Partial<Record<string, LoincCode>> = {
    ...others,
    SEGMENTED_NEUTROPHIL: differential.countBandsSeparately ? segmented : ALL_NEUTROPHILS,
  };
  const { erythroblastsPer100: per100 } = differential;
  const ofAll = { isEstimate: report.cells.reviewed < report.cells.count, seen: 'cell' };
  return [
    observation('white cells', { text: 'White cells counted' }, ofAll, {
      valueInteger: differential.whiteCells,
    }),
    ...differential.rows.map((row) =>
      share(row.type ?? 'not stated', codes[row.type ?? ''], rowText(row.type, report), row),
    ),
    share('all blasts', ALL_BLASTS, 'All blasts', differential.blasts),
    share(
      'blasts and equivalents',
      undefined,
      'Blasts with promonocytes and abnormal promyelocytes',
      differential.blastsAndEquivalents,
    ),
    ...(per100 === null
      ? []
      : [
          observation(
            'erythroblasts',
            codeOf(report, ERYTHROBLASTS, 'Erythroblasts per 100 white cells'),
            ofAll,
            { valueQuantity: quantity(per100, '/100 white cells', '/100{WBCs}') },
          ),
        ]),
    observation('smudge cells', { text: 'Smudge cells counted' }, ofAll, {
      valueInteger: differential.smudgeCells,
    }),
  ];
}

const ESTIMATE = 'Model estimate: not every cell was reviewed by a person';

/** The share in percent, with the number of cells and the interval. Without white cells there is no share. */
function valueOfShare({ count, share, lower, upper }: ReportedShare): object {
  const percent = (fraction: number) => quantity(100 * fraction, '%', '%');
  return {
    ...(share === null
      ? {
          dataAbsentReason: {
            coding: [
              {
                system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
                ...{ code: 'not-performed', display: 'Not Performed' },
              },
            ],
          },
        }
      : { valueQuantity: percent(share) }),
    component: [
      { code: { text: 'Cells counted' }, valueInteger: count },
      ...(lower === null || upper === null
        ? []
        : [
            {
              code: { text: '95 % interval (Clopper and Pearson)' },
              valueRange: { low: percent(lower), high: percent(upper) },
            },
          ]),
    ],
  };
}

/** Rounded to 0.01, which is finer than any count of a differential. */
function quantity(value: number, unit: string, code: string) {
  return { value: Math.round(100 * value) / 100, unit, system: UCUM, code };
}

function captionOf(cell: ReportedCell): string {
  return `Model: ${answerText(cell)}. Review: ${reviewText(cell)}.`;
}

function mediaOf(cell: ReportedCell, image: Uint8Array | undefined, to: To, notice: string): FhirResource {
  return {
    resourceType: 'Media',
    identifier: [{ value: cell.predictionId }, { system: URI, value: niOf(cell.imageSha256) }],
    status: 'completed',
    type: {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/media-type', code: 'image', display: 'Image' },
      ],
    },
    subject: to('patient'),
    device: to(cell.modelVersionId),
    content: image
      ? { contentType: 'image/jpeg', data: base64(image), title: 'Reduced image of the cell' }
      : { contentType: 'image/jpeg', title: 'The image is not available' },
    note: [{ text: captionOf(cell) }, { text: notice }],
  };
}

function deviceOf(
  { id, model, version, digest, limits }: ReportContent['modelVersions'][number],
  notice: string,
): FhirResource {
  return {
    resourceType: 'Device',
    identifier: [{ value: id }, { system: URI, value: niOf(digest) }],
    deviceName: [{ name: model, type: 'model-name' }],
    type: { text: 'Software that classifies images of blood cells' },
    version: [{ value: String(version) }],
    safety: [{ text: notice }],
    note: limits.map((text) => ({ text })),
  };
}

/** The name of a content by its SHA-256 (RFC 6920). */
function niOf(sha256: string): string {
  return `ni:///sha-256;${Buffer.from(sha256, 'hex').toString('base64url')}`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** A list that FHIR does not allow to be empty. */
function listIfAny(name: string, entries: readonly unknown[]): Record<string, readonly unknown[]> {
  return entries.length > 0 ? { [name]: entries } : {};
}

function narrative(sentences: readonly string[]) {
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  const div = sentences.map((text) => `<p>${escaped(text)}</p>`).join('');
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${div}</div>` };
}
