import { createTheme } from '@mui/material/styles';
import { colourVariables } from '../ui/colours.js';

/** Of the root element: 'light' or 'dark'. */
export const COLOUR_SCHEME_ATTRIBUTE = 'data-colour-scheme';

/**
 * The colours of a Giemsa stain: violet nuclei on a pale background, or pale nuclei on a dark one. Text has a contrast of at least 4.5
 * to its background. ui/colours.ts has the colours with a meaning of this app.
 */
export const theme = createTheme({
  // The scheme of the system, or the user's choice in the account menu, which the browser keeps.
  cssVariables: { colorSchemeSelector: `[${COLOUR_SCHEME_ATTRIBUTE}="%s"]` },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: '#4f3a8c' },
        secondary: { main: '#00696b' },
        error: { main: '#b3261e' },
        warning: { main: '#8a5300' },
        success: { main: '#1f6b3a' },
        info: { main: '#2f5d8a' },
        background: { default: '#f6f4fa', paper: '#ffffff' },
      },
    },
    dark: {
      palette: {
        primary: { main: '#c9b8fa' },
        secondary: { main: '#5cd0d0' },
        error: { main: '#ff9b93' },
        warning: { main: '#ffb95c' },
        success: { main: '#7fd69c' },
        info: { main: '#94c1f0' },
        background: { default: '#15121a', paper: '#1e1a25' },
      },
    },
  },
  shape: { borderRadius: 10 },
  typography: {
    fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    h1: { fontSize: '1.6rem', fontWeight: 650, letterSpacing: '-0.01em' },
    h2: { fontSize: '1.15rem', fontWeight: 650 },
    h3: { fontSize: '1rem', fontWeight: 650 },
    button: { textTransform: 'none', fontWeight: 600 },
  },
  components: {
    MuiCssBaseline: {
      styleOverrides: (theme) => ({
        ':root': { colorScheme: 'light', ...colourVariables('light') },
        [`[${COLOUR_SCHEME_ATTRIBUTE}="dark"]`]: { colorScheme: 'dark', ...colourVariables('dark') },
        body: { fontVariantNumeric: 'tabular-nums' },
        img: { maxWidth: '100%' },
        // Fields show their focus by their border; headings and the content receive it only from the app.
        ':focus-visible:not(.MuiInputBase-input, h1, main, [role="dialog"]), .Mui-focusVisible, .MuiSlider-thumb:has(:focus-visible)':
          {
            outline: `3px solid ${theme.vars.palette.primary.main} !important`,
            outlineOffset: '2px',
          },
        '.MuiAppBar-root :focus-visible': { outlineColor: 'currentcolor !important' },
        '@media (prefers-reduced-motion: reduce)': {
          '*, *::before, *::after': {
            animationDuration: '0.01ms !important',
            animationIterationCount: '1 !important',
            transitionDuration: '0.01ms !important',
            scrollBehavior: 'auto !important',
          },
        },
        // In a contrast theme of the system, backgrounds show nothing.
        '@media (forced-colors: active)': {
          '.MuiButton-contained': { border: '1px solid !important' },
          '.MuiSkeleton-root': { border: '1px solid GrayText' },
          '.Mui-selected': {
            outline: '2px solid Highlight !important',
            outlineOffset: '-2px',
          },
        },
        '@media print': {
          '*': { printColorAdjust: 'exact', WebkitPrintColorAdjust: 'exact' },
          'nav, button, [role="button"], a.MuiButton-root, [role="search"], search, .MuiSlider-root, .not-printed':
            { display: 'none !important' },
          'form, .MuiFormControl-root, .MuiDialog-root, .MuiSnackbar-root': { display: 'none !important' },
          'body, .MuiPaper-root': { backgroundColor: '#ffffff !important' },
          '.MuiAppBar-root': { position: 'static !important', color: '#000000 !important' },
          main: { padding: '16px 0 0 !important' }, // space below the bar
          'section, tr, li, figure': { breakInside: 'avoid' },
          a: { color: 'inherit !important' },
        },
      }),
    },
    MuiButton: { defaultProps: { disableElevation: true } },
    // Menus and the choices of fields open beside the content of the page: in a region, so that screen readers find them.
    MuiMenu: { defaultProps: { slotProps: { paper: { role: 'region', 'aria-label': 'Choices' } } } },
    MuiPaper: { defaultProps: { variant: 'outlined' } },
    MuiTextField: { defaultProps: { size: 'small' } },
    // Labels of several lines, on narrow screens, do not touch the next one.
    MuiFormControlLabel: { styleOverrides: { label: { paddingBlock: 4 } } },
    MuiTableCell: { styleOverrides: { head: { fontWeight: 650 } } },
  },
});
