import { Chip, Stack } from '@mui/material';
import type { PersonFragment } from '../../graphql/graphql.js';
import { roleLabels } from '../../ui/labels.js';

/** A person's roles, and whether the account is disabled or has not been used yet. */
export function PersonState({ person }: { person: PersonFragment }) {
  return (
    <Stack direction="row" useFlexGap spacing={0.75} sx={{ flexWrap: 'wrap' }}>
      {person.roles.map((role) => (
        <Chip key={role} size="small" label={roleLabels[role]} />
      ))}
      {person.disabledAt !== null && <Chip size="small" color="error" variant="outlined" label="Disabled" />}
      {person.disabledAt === null && person.passwordIsOneTime && (
        <Chip size="small" color="warning" variant="outlined" label="Has not chosen a password yet" />
      )}
      {person.identities?.some(({ linkedAt }) => linkedAt === null) && (
        <Chip
          size="small"
          color="warning"
          variant="outlined"
          label="Wants to sign in with the identity provider"
        />
      )}
      {person.hasSecondFactor && (
        <Chip size="small" color="success" variant="outlined" label="Authenticator app" />
      )}
    </Stack>
  );
}
