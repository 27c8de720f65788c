import type { AnsweringVersionQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import type { DeviceVersion } from './messages.js';

/** The version that answers on the server, which this device runs too. */
export const answeringVersionQuery = graphql(`
  query AnsweringVersion($modelName: String, $modelVersionId: ID) {
    answeringVersion(modelName: $modelName, modelVersionId: $modelVersionId) {
      id
      version
      digest
      positiveLabel
      decisionThreshold
      abstentionBand
      files {
        name
        url
      }
      model {
        id
        name
      }
    }
  }
`);

/** The part of a version that this device keeps. */
export function deviceVersion(
  version: NonNullable<AnsweringVersionQuery['answeringVersion']>,
): DeviceVersion {
  const {
    id,
    version: number,
    digest,
    positiveLabel,
    decisionThreshold,
    abstentionBand,
    files,
    model,
  } = version;
  return {
    ...{ id, digest, positiveLabel, decisionThreshold, abstentionBand },
    modelName: model.name,
    version: number,
    files: files.map(({ name, url }) => ({ name, url: new URL(url, document.baseURI).href })),
  };
}
