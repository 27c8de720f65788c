import {
  AppBar,
  Box,
  LinearProgress,
  Link,
  List,
  ListItem,
  ListItemButton,
  ListItemIcon,
  ListItemText,
  Toolbar,
  Typography,
} from '@mui/material';
import { lazy, Suspense, useDeferredValue } from 'react';
import {
  Link as RouterLink,
  Outlet,
  type Location,
  ScrollRestoration,
  useHref,
  useLocation,
  useNavigation,
} from 'react-router';
import { AccountMenu } from '../features/accounts/account-menu.js';
import { ChosenCaseBar } from '../features/cases/chosen-case-bar.js';
import {
  AuditIcon,
  CaseIcon,
  ChartIcon,
  HistoryIcon,
  HubIcon,
  ImagesIcon,
  MicroscopeIcon,
  PeopleIcon,
  ReadingIcon,
} from '../ui/icons.js';
import { useOffline } from '../session/offline.js';
import { useMay } from '../session/viewer.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loading } from '../ui/loading.js';
import { NarrowNavigation, type NavigationItem } from './narrow-navigation.js';
import { usePrintColours } from './use-print-colours.js';

const FirstSteps = lazy(async () => ({
  default: (await import('../features/accounts/first-steps.js')).FirstSteps,
}));

const classify: NavigationItem = {
  name: 'Classify',
  path: '/classify',
  otherPaths: ['/folders'],
  icon: <MicroscopeIcon />,
};
const cases: NavigationItem = { name: 'Cases', path: '/cases', icon: <CaseIcon /> };
const readings: NavigationItem = {
  name: 'Readings',
  path: '/readings',
  otherPaths: ['/double-readings'],
  icon: <ReadingIcon />,
};
const itemsForAll: NavigationItem[] = [
  { name: 'History', path: '/predictions', otherPaths: ['/folders', '/fields'], icon: <HistoryIcon /> },
  { name: 'Models', path: '/models', otherPaths: ['/model-versions'], icon: <HubIcon /> },
  { name: 'Datasets', path: '/datasets', icon: <ImagesIcon /> },
  { name: 'Training', path: '/training', icon: <ChartIcon /> },
];

const people: NavigationItem = {
  name: 'People',
  path: '/people',
  otherPaths: ['/webhooks'],
  icon: <PeopleIcon />,
};
const audit: NavigationItem = { name: 'Audit', path: '/audit', icon: <AuditIcon /> };

const NAVIGATION_WIDTH = 184;

/** The layout of every page: title bar, account menu and navigation, at the side on wide screens and at the bottom on narrow ones. */
export function Shell() {
  const { pathname, search } = useLocation();
  const toContent = useHref({ pathname, search, hash: 'content' }); // '#content' alone would be relative to the page's <base>
  usePrintColours();
  const navigating = useNavigation().state === 'loading';
  const mayClassify = useMay('classify');
  const isOffline = useOffline();
  const items = [
    ...(mayClassify ? [classify] : []),
    cases,
    ...itemsForAll,
    ...(useMay('review') ? [readings] : []),
    ...(useMay('read users') ? [people] : []),
    ...(useMay('read the audit trail') ? [audit] : []),
  ];
  const isAdministrator = useMay('manage users');
  // The frame appears first. Together with the first page, it would be one long step.
  const showsPage = useDeferredValue(true, false);
  const current = items.find((item) => isSelected(pathname, item))?.path ?? null;

  return (
    <Box sx={{ minHeight: '100dvh', display: 'flex', flexDirection: 'column' }}>
      <AppBar position="sticky" elevation={0} sx={{ zIndex: (theme) => theme.zIndex.drawer + 1 }}>
        <Link
          href={toContent}
          sx={{
            position: 'absolute',
            left: -9999,
            zIndex: 2000,
            p: 1,
            bgcolor: 'background.paper',
            color: 'text.primary',
            '&:focus': { left: 8, top: 8 },
          }}
        >
          Skip to content
        </Link>
        <Toolbar variant="dense" sx={{ gap: 1.5 }}>
          <img src="icon.svg" width={28} height={28} alt="" />
          <Typography
            component={RouterLink}
            to="/"
            sx={{ color: 'inherit', textDecoration: 'none', fontWeight: 700 }}
          >
            Cytograph
          </Typography>
          <Typography variant="body2" sx={{ opacity: 0.85, display: { xs: 'none', md: 'block' } }}>
            Decision support for research and development, not a medical device
          </Typography>
          <Box sx={{ flex: 1 }} />
          {isOffline && (
            <Typography role="status" sx={{ fontWeight: 700 }}>
              Offline
            </Typography>
          )}
          {mayClassify && <ChosenCaseBar />}
          <AccountMenu />
        </Toolbar>
        {navigating && (
          <LinearProgress
            color="inherit"
            sx={{ position: 'absolute', bottom: 0, width: '100%', height: 2 }}
          />
        )}
      </AppBar>

      <Box sx={{ display: 'flex', flex: 1, minWidth: 0 }}>
        <Box
          component="nav"
          aria-label="Main"
          sx={{
            display: { xs: 'none', md: 'block' },
            width: NAVIGATION_WIDTH,
            flexShrink: 0,
            borderRight: 1,
            borderColor: 'divider',
            bgcolor: 'background.paper',
          }}
        >
          <List sx={{ position: 'sticky', top: 48, p: 1 }}>
            {items.map((item) => (
              <ListItem key={item.path} disablePadding>
                <ListItemButton
                  component={RouterLink}
                  to={item.path}
                  selected={item.path === current}
                  aria-current={item.path === current ? 'page' : undefined}
                  sx={{ borderRadius: 2, mb: 0.5 }}
                >
                  <ListItemIcon
                    sx={{ minWidth: 38, color: item.path === current ? 'primary.main' : undefined }}
                  >
                    {item.icon}
                  </ListItemIcon>
                  <ListItemText primary={item.name} />
                </ListItemButton>
              </ListItem>
            ))}
          </List>
        </Box>
        <Box
          component="main"
          id="content"
          tabIndex={-1}
          sx={{ flex: 1, minWidth: 0, p: { xs: 2, md: 3 }, pb: { xs: 10, md: 4 }, outline: 'none' }}
        >
          {/* Another address is another page: no state is left over from the page before. */}
          {!showsPage ? (
            <Loading />
          ) : isOffline && pathname !== classify.path ? (
            <NeedsServer />
          ) : (
            <Outlet key={pathname} />
          )}
          {/* Below the page, which would move when they appear. */}
          {isAdministrator && !isOffline && pathname === classify.path && (
            <Suspense>
              <FirstSteps />
            </Suspense>
          )}
        </Box>
      </Box>

      <NarrowNavigation items={items} current={current} />
      <ScrollRestoration getKey={scrollKey} />
    </Box>
  );
}

/** In place of every page but Classify while the server cannot be reached. */
function NeedsServer() {
  return (
    <EmptyState title="This page needs the server">
      The server cannot be reached. The page opens when it can be reached again. Until then, images can be
      classified on this device:{' '}
      <Link component={RouterLink} to={classify.path}>
        Classify
      </Link>
      .
    </EmptyState>
  );
}

/**
 * The key under which a page's scroll position is kept: lists and cases are found again where they were left, also by the breadcrumbs.
 */
function scrollKey({ pathname, search, key }: Location): string {
  const isList = LISTS.includes(pathname) || pathname.startsWith('/cases/');
  return isList ? pathname + search : key;
}

const LISTS = [
  ...['/classify', '/cases', '/predictions', '/fields', '/folders'],
  ...['/datasets', '/training', '/models', '/people', '/audit'],
];

function isSelected(pathname: string, { path, otherPaths = [] }: NavigationItem): boolean {
  return [path, ...otherPaths].some((start) => pathname === start || pathname.startsWith(`${start}/`));
}
