import { Button, Stack } from '@mui/material';

interface PageButtonsProps {
  /** Name for screen readers, such as 'Pages of predictions'. */
  label: string;
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  /** The cursor after which the current page begins. Undefined for the first page. */
  after: string | undefined;
  onAfter: (after: string | undefined) => void;
}

/** Buttons for the first and the next page. Empty if there is only one page. */
export function PageButtons({ label, pageInfo, after, onAfter }: PageButtonsProps) {
  const { hasNextPage, endCursor } = pageInfo;
  if (!hasNextPage && after === undefined) return null;
  return (
    <Stack component="nav" aria-label={label} direction="row" spacing={1}>
      <Button variant="outlined" disabled={after === undefined} onClick={() => onAfter(undefined)}>
        First page
      </Button>
      <Button variant="outlined" disabled={!hasNextPage} onClick={() => onAfter(endCursor ?? undefined)}>
        Next page
      </Button>
    </Stack>
  );
}
