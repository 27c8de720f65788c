import { useQuery } from '@apollo/client/react';
import { Checkbox, FormControl, FormControlLabel, FormGroup, FormHelperText, FormLabel } from '@mui/material';
import type { Role } from '../../graphql/graphql.js';
import { sitesQuery } from './sites-query.js';

/** The sites of a person. */
export interface ChosenSites {
  /** The first is that of new predictions. */
  siteIds: readonly string[];
  seesAllSites: boolean;
}

interface SiteFieldsProps {
  /** The roles of the person. */
  roles: readonly Role[];
  value: ChosenSites;
  onChange: (value: ChosenSites) => void;
}

/** One checkbox for each site, and one for seeing all of them. Nothing where there are no sites. */
export function SiteFields({ roles, value, onChange }: SiteFieldsProps) {
  const { siteIds, seesAllSites } = value;
  const sites = useQuery(sitesQuery, { fetchPolicy: 'cache-and-network' }).data?.sites ?? [];
  if (sites.length === 0) return null;
  const first = sites.find(({ id }) => id === siteIds[0]);
  return (
    <FormControl component="fieldset">
      <FormLabel component="legend">Sites</FormLabel>
      <FormGroup>
        {sites.map(({ id, name }) => (
          <FormControlLabel
            key={id}
            control={
              <Checkbox
                checked={siteIds.includes(id)}
                onChange={(event) => {
                  const others = siteIds.filter((known) => known !== id);
                  onChange({ siteIds: event.target.checked ? [...others, id] : others, seesAllSites });
                }}
              />
            }
            label={name}
          />
        ))}
        <FormControlLabel
          control={
            <Checkbox
              checked={seesAllSites}
              onChange={(event) => onChange({ siteIds, seesAllSites: event.target.checked })}
            />
          }
          label="Sees the predictions of all sites, and those without a site"
        />
      </FormGroup>
      {first && (
        <FormHelperText>
          New predictions belong to {first.name}, unless the person chooses another.
        </FormHelperText>
      )}
      {siteIds.length === 0 && !seesAllSites && (
        <FormHelperText>Without a site, the person sees no predictions and cannot classify.</FormHelperText>
      )}
      {!seesAllSites && (roles.includes('AUDITOR') || roles.includes('ADMIN')) && (
        <FormHelperText>
          Only people who see all sites can read the audit trail and erase cases.
        </FormHelperText>
      )}
    </FormControl>
  );
}
