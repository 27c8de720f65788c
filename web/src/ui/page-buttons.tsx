import { Button, Stack } from '@mui/material';

interface PageButtonsProps {
  /** For whoever hears the screen read: 'Pages of the predictions'. */
  label: string;
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  /** Where the page that is shown begins; undefined for the first. */
  after: string | undefined;
  onAfter: (after: string | undefined) => void;
}

/** To the first page and to the next; nothing where one page is all. */
export function PageButtons({ label, pageInfo, after, onAfter }: PageButtonsProps) {
  const { hasNextPage, endCursor } = pageInfo;
  if (!hasNextPage && after === undefined) return null;
  return (
    <Stack component="nav" aria-label={label} direction="row" spacing={1}>
      <Button variant="outlined" disabled={after === undefined} onClick={() => onAfter(undefined)}>
        First
      </Button>
      <Button variant="outlined" disabled={!hasNextPage} onClick={() => onAfter(endCursor ?? undefined)}>
        Next
      </Button>
    </Stack>
  );
}
