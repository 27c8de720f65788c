import { isObjectType } from 'graphql';
import { ANSWERS, ANSWERS_OF_CASES } from './mark-seen-answers.js';
import { createSchema } from './schema.js';

/** Fields that say nothing about what the model or a reviewer found. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  Prediction: [
    ...['id', 'image', 'fileName', 'field', 'region', 'frame', 'cellImageUrl', 'repeatOf', 'qualityWarnings'],
    ...[
      'case',
      'caseReference',
      'site',
      'bulkClassification',
      'createdAt',
      'createdBy',
      'modelVersion',
      'timing',
    ],
  ],
  // A number for a whole case does not say what is in one cell. Predictions are watched themselves.
  Case: [
    ...['id', 'reference', 'site', 'state', 'comment', 'createdAt', 'workedOnBy', 'counts', 'fields'],
    ...['predictions', 'reports', 'reportDraft', 'signingObstacles', 'changesSinceSigned'],
  ],
  Report: ['id', 'version', 'status', 'signedAt', 'signedBy', 'digest', 'pdfUrl', 'fhirUrl'],
  ReportDraft: [
    ...[
      'id',
      'status',
      'revision',
      'fewCellsReason',
      'updatedAt',
      'updatedBy',
      'digest',
      'pdfUrl',
      'fhirUrl',
    ],
  ],
  Review: ['id', 'reviewer', 'origin', 'blind', 'createdAt', 'withdrawnAt'],
};

test('every field of a prediction, a review, a case and a report is either watched or known to be harmless', async () => {
  const schema = await createSchema();
  for (const [name, watched] of Object.entries({ ...ANSWERS, ...ANSWERS_OF_CASES })) {
    const type = schema.getType(name);
    const fields = isObjectType(type) ? Object.keys(type.getFields()) : [];
    expect([...watched, ...(HARMLESS[name] ?? [])].toSorted()).toEqual(fields.toSorted());
  }
});
