import { Checkbox, FormControl, FormControlLabel, FormGroup, FormHelperText, FormLabel } from '@mui/material';
import type { Role } from '../../graphql/graphql.js';
import { roleLabels } from '../../ui/labels.js';

const hints: Record<Role, string> = {
  CLINICIAN: 'classifies images and reviews predictions',
  ML_ENGINEER: 'ingests datasets, trains, evaluates and promotes models',
  ADMIN: 'everything, and manages people',
  AUDITOR:
    'reads everything except patients’ images, case references and file names; people and the audit trail too',
};
const roles: Role[] = ['CLINICIAN', 'ML_ENGINEER', 'ADMIN', 'AUDITOR'];

interface RoleFieldsProps {
  value: readonly Role[];
  onChange: (roles: Role[]) => void;
}

/** One checkbox for each role; a person has one or several. */
export function RoleFields({ value, onChange }: RoleFieldsProps) {
  return (
    <FormControl component="fieldset">
      <FormLabel component="legend">Roles</FormLabel>
      <FormGroup>
        {roles.map((role) => (
          <FormControlLabel
            key={role}
            control={
              <Checkbox
                checked={value.includes(role)}
                onChange={(event) =>
                  onChange(
                    roles.filter((known) => (known === role ? event.target.checked : value.includes(known))),
                  )
                }
              />
            }
            label={`${roleLabels[role]}: ${hints[role]}`}
          />
        ))}
      </FormGroup>
      {value.length === 0 && <FormHelperText>Choose at least one role.</FormHelperText>}
    </FormControl>
  );
}
