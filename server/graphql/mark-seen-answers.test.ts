import { isObjectType } from 'graphql';
import { ANSWERS } from './mark-seen-answers.js';
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
  Review: ['id', 'reviewer', 'origin', 'blind', 'createdAt', 'withdrawnAt'],
};

test('every field of a prediction and of a review is either watched or known to be harmless', async () => {
  const schema = await createSchema();
  for (const [name, watched] of Object.entries(ANSWERS)) {
    const type = schema.getType(name);
    const fields = isObjectType(type) ? Object.keys(type.getFields()) : [];
    expect([...watched, ...(HARMLESS[name] ?? [])].toSorted()).toEqual(fields.toSorted());
  }
});
