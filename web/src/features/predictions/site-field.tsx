import { MenuItem, TextField } from '@mui/material';

interface SiteFieldProps {
  /** The sites of the user. */
  sites: readonly { id: string; name: string }[];
  /** Null: the first. */
  siteId: string | null;
  onSite: (siteId: string) => void;
}

/** The site of the next files, for people with several sites. */
export function SiteField({ sites, siteId, onSite }: SiteFieldProps) {
  return (
    <TextField
      select
      label="Site"
      value={siteId ?? sites[0]?.id ?? ''}
      onChange={(event) => onSite(event.target.value)}
      helperText="The ward or laboratory that the images belong to."
    >
      {sites.map(({ id, name }) => (
        <MenuItem key={id} value={id}>
          {name}
        </MenuItem>
      ))}
    </TextField>
  );
}
