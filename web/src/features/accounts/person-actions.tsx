import { useApolloClient, useMutation, useQuery } from '@apollo/client/react';
import { Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import type { PersonFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { linkedIdentity } from './linked-identity.js';
import { RoleFields } from './role-fields.js';
import { ShownOnce } from './shown-once.js';
import { SitesDialog } from './sites-dialog.js';
import { sitesQuery } from './sites-query.js';

const setRolesMutation = graphql(`
  mutation SetUserRoles($input: SetUserRolesInput!) {
    setUserRoles(input: $input) {
      user {
        ...Person
      }
      userErrors {
        code
        message
      }
    }
  }
`);
const disableMutation = graphql(`
  mutation DisableUser($id: ID!) {
    result: disableUser(id: $id) {
      ...UserResult
    }
  }
`);
const enableMutation = graphql(`
  mutation EnableUser($id: ID!) {
    result: enableUser(id: $id) {
      ...UserResult
    }
  }
`);
const resetPasswordMutation = graphql(`
  mutation ResetPassword($id: ID!) {
    result: resetPassword(id: $id) {
      ...UserResult
    }
  }
`);
const resetSecondFactorMutation = graphql(`
  mutation ResetSecondFactor($id: ID!) {
    result: resetSecondFactor(id: $id) {
      ...UserResult
    }
  }
`);

const actions = {
  disable: {
    name: 'Disable account',
    mutation: disableMutation,
    color: 'error' as const,
    text: 'They are signed out everywhere, their API tokens are revoked, and they cannot sign in again until you enable the account. Everything they did stays in the history.',
  },
  enable: {
    name: 'Enable account',
    mutation: enableMutation,
    color: 'primary' as const,
    text: 'They can sign in again with the password and the roles they had. Their sessions and API tokens stay ended.',
  },
  'reset password': {
    name: 'Reset password',
    mutation: resetPasswordMutation,
    color: 'error' as const,
    text: 'They are signed out everywhere, their API tokens are revoked, and you get a one-time password to give to them.',
  },
  'reset app': {
    name: 'Remove authenticator app',
    mutation: resetSecondFactorMutation,
    color: 'error' as const,
    text: 'For somebody who has lost the app and the recovery codes: they sign in with the password alone and can set up another app. Make sure that it is really this person who asks.',
  },
};
type Action = keyof typeof actions;

interface PersonActionsProps {
  person: PersonFragment;
  isOwn: boolean;
  onChanged: () => void;
}

/** What an administrator can do with an account. */
export function PersonActions({ person, isOwn, onChanged }: PersonActionsProps) {
  const [chosen, setChosen] = useState<Action | 'roles' | 'sites' | null>(null);
  const [oneTimePassword, setOneTimePassword] = useState<string | null>(null);
  const hasPassword = linkedIdentity(person) === null;
  const hasSites = (useQuery(sitesQuery).data?.sites ?? []).length > 0;
  const offered: Action[] = [
    person.disabledAt === null ? 'disable' : 'enable',
    ...(isOwn || !hasPassword ? [] : (['reset password'] as const)),
    ...(person.hasSecondFactor && !isOwn ? (['reset app'] as const) : []),
  ];
  return (
    <>
      <Stack direction="row" useFlexGap spacing={1} sx={{ flexWrap: 'wrap', mt: 2 }}>
        {hasPassword && (
          <Button variant="outlined" onClick={() => setChosen('roles')}>
            Change roles
          </Button>
        )}
        {hasSites && (
          <Button variant="outlined" onClick={() => setChosen('sites')}>
            Change sites
          </Button>
        )}
        {offered.map((action) => (
          <Button
            key={action}
            variant="outlined"
            color={actions[action].color}
            onClick={() => setChosen(action)}
          >
            {actions[action].name}
          </Button>
        ))}
      </Stack>
      {chosen === 'roles' && <RolesDialog person={person} onClose={() => setChosen(null)} />}
      {chosen === 'sites' && <SitesDialog person={person} onClose={() => setChosen(null)} />}
      {chosen !== null && chosen !== 'roles' && chosen !== 'sites' && (
        <ActionDialog
          action={chosen}
          person={person}
          onDone={(password) => {
            setChosen(null);
            setOneTimePassword(password);
            onChanged();
          }}
          onClose={() => setChosen(null)}
        />
      )}
      {oneTimePassword !== null && (
        <ShownOnce
          title="One-time password"
          secrets={[oneTimePassword]}
          onClose={() => setOneTimePassword(null)}
        >
          Give this password to {person.displayName}. It works once: after signing in, they choose their own.
        </ShownOnce>
      )}
    </>
  );
}

interface ActionDialogProps {
  action: Action;
  person: PersonFragment;
  onDone: (oneTimePassword: string | null) => void;
  onClose: () => void;
}

function ActionDialog({ action, person, onDone, onClose }: ActionDialogProps) {
  const { name, text, color, mutation } = actions[action];
  const client = useApolloClient();
  const [run, state] = useMutation(mutation, {
    onCompleted: ({ result }) => {
      if (!result.user) return;
      onDone(result.oneTimePassword ?? null);
      void client.refetchQueries({ include: ['Sessions', 'ApiTokens'] });
    },
  });
  return (
    <FormDialog
      title={`${name} of ${person.displayName}`}
      action={name}
      color={color}
      mutation={state}
      userErrors={state.data?.result.userErrors}
      onSubmit={() => void run({ variables: { id: person.id } }).catch(() => undefined)}
      onClose={onClose}
    >
      <Typography>{text}</Typography>
    </FormDialog>
  );
}

function RolesDialog({ person, onClose }: { person: PersonFragment; onClose: () => void }) {
  const [roles, setRoles] = useState(person.roles);
  const [run, mutation] = useMutation(setRolesMutation, {
    onCompleted: ({ setUserRoles }) => {
      if (setUserRoles.user) onClose();
    },
  });
  return (
    <FormDialog
      title={`Roles of ${person.displayName}`}
      action="Save"
      disabled={roles.length === 0}
      mutation={mutation}
      userErrors={mutation.data?.setUserRoles.userErrors}
      onSubmit={() => void run({ variables: { input: { userId: person.id, roles } } }).catch(() => undefined)}
      onClose={onClose}
    >
      <RoleFields value={roles} onChange={setRoles} />
      <Typography variant="body2" color="textSecondary">
        New roles apply at once, also to their sessions and API tokens.
      </Typography>
    </FormDialog>
  );
}
