import { Link } from '@mui/material';
import { Link as RouterLink } from 'react-router';

interface CaseLinkProps {
  /** The case of an image; null or undefined without one. */
  of: { id: string } | null | undefined;
  /** Null for users who may not see case references. */
  reference: string | null | undefined;
}

/** A link to the case of an image; nothing for an image without a case. */
export function CaseLink({ of, reference }: CaseLinkProps) {
  if (!of) return reference;
  return (
    <Link component={RouterLink} to={`/cases/${of.id}`}>
      {reference ?? 'Open case'}
    </Link>
  );
}
