import { Link, Typography } from '@mui/material';
import { Link as RouterLink, Outlet } from 'react-router';
import { type Action, needsAllSites, rolesFor, useMay, useViewer } from '../session/viewer.js';
import { EmptyState } from '../ui/empty-state.js';
import { roleLabels } from '../ui/labels.js';
import { Page } from '../ui/page.js';

export interface RoleNeededProps {
  action: Action;
  /** The title of the pages below. */
  title: string;
  /** What users do on them: 'classify images'. */
  purpose: string;
  /** Where other users find something related. */
  instead: { title: string; path: string };
}

/** The pages below are for users who may do something. For others it says so, before they fill in a form. */
export function RoleNeeded({ action, title, purpose, instead }: RoleNeededProps) {
  const { roles } = useViewer();
  const mayDo = useMay(action);
  if (mayDo) return <Outlet />;
  const nameOf = (some: readonly (typeof roles)[number][]) =>
    some.map((role) => roleLabels[role]).join(' or ');
  return (
    <Page title={title}>
      <EmptyState title={`Your role may not ${purpose}`}>
        <Typography>
          This is for users with the role {nameOf(rolesFor(action))}
          {needsAllSites(action) && ' who see all sites'}. You are {nameOf(roles)}. If you need this, ask an
          administrator.
        </Typography>
        <Typography sx={{ mt: 1 }}>
          You can open{' '}
          <Link component={RouterLink} to={instead.path}>
            {instead.title}
          </Link>
          .
        </Typography>
      </EmptyState>
    </Page>
  );
}
