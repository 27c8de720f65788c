import { Box, Link, Stack, Typography } from '@mui/material';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link as RouterLink, useLocation } from 'react-router';
import { type Crumb, PageTitle } from './came-from.js';

interface PageProps {
  title: string;
  /** The parent pages, for the breadcrumbs. Default: none. */
  above?: Crumb[];
  subtitle?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

const breadcrumbStyles = {
  ...{ display: 'flex', flexWrap: 'wrap', m: 0, mb: 0.5, p: 0, listStyle: 'none' },
  ...{ fontSize: '0.875rem', lineHeight: 1.5, color: 'text.secondary' },
  '& li': { display: 'flex', minWidth: 0 },
  '& li + li::before': { content: '"/" / ""', mx: 1 }, // not read by screen readers
};

/** The layout of a page: browser title, breadcrumbs, heading, actions and content. */
export function Page({ title, above = [], subtitle, actions, children }: PageProps) {
  const heading = useHeadingFocus();
  return (
    <Box sx={{ maxWidth: 1200, mx: 'auto' }}>
      <title>{`${title} · Cytograph`}</title>
      {above.length > 0 && (
        <Box component="nav" aria-label="Breadcrumbs">
          <Box component="ol" sx={breadcrumbStyles}>
            {above.map((page) => (
              <li key={page.path}>
                <Link
                  component={RouterLink}
                  to={page.path}
                  state={page.from && { from: page.from }}
                  underline="hover"
                >
                  {page.title}
                </Link>
              </li>
            ))}
            <li>
              <Typography component="span" variant="body2" noWrap sx={{ maxWidth: 240 }}>
                {title}
              </Typography>
            </li>
          </Box>
        </Box>
      )}
      <Stack
        direction={{ xs: 'column', sm: 'row' }}
        spacing={1.5}
        sx={{ mb: 2.5, justifyContent: 'space-between', alignItems: { xs: 'stretch', sm: 'flex-start' } }}
      >
        <Box sx={{ minWidth: 0 }}>
          <Typography
            variant="h1"
            ref={heading}
            tabIndex={-1}
            sx={{ overflowWrap: 'anywhere', outline: 'none' }}
          >
            {title}
          </Typography>
          {subtitle && (
            <Typography color="textSecondary" component="div" sx={{ mt: 0.5 }}>
              {subtitle}
            </Typography>
          )}
        </Box>
        {actions && (
          <Stack direction="row" spacing={1} sx={{ flexShrink: 0, flexWrap: 'wrap' }} useFlexGap>
            {actions}
          </Stack>
        )}
      </Stack>
      <PageTitle value={title}>{children}</PageTitle>
    </Box>
  );
}

/**
 * Moves the focus to the heading after a navigation, so that screen readers read it and Tab continues from it. The first page
 * of a visit keeps the focus at the start of the document, and a page that focuses one of its fields keeps that.
 */
function useHeadingFocus() {
  const heading = useRef<HTMLHeadingElement>(null);
  const { key } = useLocation();
  const [isFirst] = useState(key === 'default');
  useEffect(() => {
    const content = heading.current?.closest('main');
    const focused = document.activeElement;
    const isOnPage = focused !== content && content?.contains(focused);
    if (isFirst || isOnPage) return;
    heading.current?.focus({ preventScroll: true });
  }, [isFirst]);
  return heading;
}
