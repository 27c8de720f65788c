import { useQuery } from '@apollo/client/react';
import { Button, Divider, Menu, MenuItem } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink, useLocation } from 'react-router';
import type { SavedViewPage } from '../../graphql/graphql.js';
import { ManageViewsDialog } from './manage-views-dialog.js';
import { SaveViewDialog } from './save-view-dialog.js';
import { savedViewsQuery } from './saved-views-query.js';

interface SavedViewsButtonProps {
  page: SavedViewPage;
}

/** A menu of the user's saved filters of the list on this page, with the commands that save, rename and delete them. */
export function SavedViewsButton({ page }: SavedViewsButtonProps) {
  const { pathname, search } = useLocation();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [dialog, setDialog] = useState<'save' | 'manage' | null>(null);
  const { data } = useQuery(savedViewsQuery, { fetchPolicy: 'cache-and-network' });
  const views = (data?.savedViews ?? []).filter((view) => view.page === page);
  const filters = withoutPage(search);
  const open = (next: 'save' | 'manage') => {
    setAnchor(null);
    setDialog(next);
  };
  return (
    <>
      <Button
        variant="outlined"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={({ currentTarget }) => setAnchor(currentTarget)}
      >
        Saved views
      </Button>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        {views.map(({ id, name, filters: saved }) => (
          <MenuItem
            key={id}
            component={RouterLink}
            to={`${pathname}?${saved}`}
            selected={saved === filters}
            onClick={() => setAnchor(null)}
            sx={{ overflowWrap: 'anywhere', whiteSpace: 'normal', maxWidth: 360 }}
          >
            {name}
          </MenuItem>
        ))}
        {views.length > 0 && <Divider />}
        <MenuItem disabled={filters === ''} onClick={() => open('save')}>
          {filters === '' ? 'Set filters to save them' : 'Save these filters'}
        </MenuItem>
        {views.length > 0 && <MenuItem onClick={() => open('manage')}>Rename or delete</MenuItem>}
      </Menu>
      {dialog === 'save' && (
        <SaveViewDialog
          page={page}
          filters={filters}
          taken={views.map(({ name }) => name)}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'manage' && <ManageViewsDialog views={views} onClose={() => setDialog(null)} />}
    </>
  );
}

/** The filters in an address, without the place in the list: a saved view begins at its first page. */
function withoutPage(search: string): string {
  const filters = new URLSearchParams(search);
  for (const name of ['after', 'before']) filters.delete(name);
  return filters.toString();
}
