import { Chip, Stack } from '@mui/material';
import type { ModelAlias } from '../../graphql/graphql.js';
import { EyeIcon, TrophyIcon } from '../../ui/icons.js';
import { aliasLabels } from '../../ui/labels.js';

/** The aliases of a version. */
export function AliasChips({ aliases }: { aliases: readonly ModelAlias[] }) {
  if (aliases.length === 0) return null;
  return (
    <Stack direction="row" spacing={0.5} component="span" sx={{ display: 'inline-flex' }}>
      {aliases.map((alias) =>
        alias === 'CHAMPION' ? (
          <Chip key={alias} size="small" color="primary" icon={<TrophyIcon />} label={aliasLabels[alias]} />
        ) : (
          <Chip key={alias} size="small" variant="outlined" icon={<EyeIcon />} label={aliasLabels[alias]} />
        ),
      )}
    </Stack>
  );
}
