import { Chip } from '@mui/material';
import type { ModelVersionStatus } from '../../graphql/graphql.js';
import { versionStatusLabels } from '../../ui/labels.js';

const colours = {
  PENDING: 'default',
  READY: 'success',
  REJECTED: 'error',
  ARCHIVED: 'default',
} as const satisfies Record<ModelVersionStatus, string>;

export function VersionStatusChip({ status }: { status: ModelVersionStatus }) {
  return <Chip size="small" variant="outlined" color={colours[status]} label={versionStatusLabels[status]} />;
}
