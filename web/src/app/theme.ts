import { createTheme } from '@mui/material/styles';

/** The colours of a Giemsa stain: violet nuclei on a pale background. Text has a contrast of at least 4.5 to its background. */
export const theme = createTheme({
  cssVariables: true,
  palette: {
    primary: { main: '#4f3a8c' },
    secondary: { main: '#00696b' },
    error: { main: '#b3261e' },
    warning: { main: '#8a5300' },
    success: { main: '#1f6b3a' },
    info: { main: '#2f5d8a' },
    background: { default: '#f6f4fa', paper: '#ffffff' },
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
      styleOverrides: { body: { fontVariantNumeric: 'tabular-nums' }, img: { maxWidth: '100%' } },
    },
    MuiButton: { defaultProps: { disableElevation: true } },
    MuiPaper: { defaultProps: { variant: 'outlined' } },
    MuiTextField: { defaultProps: { size: 'small' } },
    // Labels of several lines, on narrow screens, do not touch the next one.
    MuiFormControlLabel: { styleOverrides: { label: { paddingBlock: 4 } } },
    MuiTableCell: { styleOverrides: { head: { fontWeight: 650 } } },
  },
});
