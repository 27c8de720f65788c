import { Chip } from '@mui/material';
import type { ModelVersionStatus } from '../../graphql/graphql.js';

const looks = {
  PENDING: { label: 'Pending', color: 'default' },
  READY: { label: 'Ready', color: 'success' },
  REJECTED: { label: 'Rejected', color: 'error' },
  ARCHIVED: { label: 'Archived', color: 'default' },
} as const satisfies Record<ModelVersionStatus, unknown>;

export function VersionStatusChip({ status }: { status: ModelVersionStatus }) {
  return <Chip size="small" variant="outlined" {...looks[status]} />;
}
