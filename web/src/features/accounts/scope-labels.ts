import type { ApiTokenScope } from '../../graphql/graphql.js';

/** What a token with a scope may do, in the order in which they are offered. */
export const scopeLabels: Record<ApiTokenScope, string> = {
  READ_HISTORY: 'Read predictions, models, datasets and training',
  CLASSIFY: 'Classify images and folders',
  REVIEW: 'Review predictions',
  INGEST: 'Ingest datasets',
  TRAIN: 'Train, evaluate and register models',
  PROMOTE: 'Promote, roll back and retire models',
  ADMINISTER:
    'Administer: people’s roles, sites, sessions and tokens, the audit trail, overriding gates, erasing cases, and webhooks',
};
