import { useEffect } from 'react';
import { COLOUR_SCHEME_ATTRIBUTE } from './theme.js';

/** Prints in the light colour scheme, whichever is on the screen. */
export function usePrintColours(): void {
  useEffect(() => {
    const printing = window.matchMedia('print');
    const page = document.documentElement;
    let onScreen: string | null = null;
    const change = () => {
      if (printing.matches) {
        onScreen = page.getAttribute(COLOUR_SCHEME_ATTRIBUTE);
        page.setAttribute(COLOUR_SCHEME_ATTRIBUTE, 'light');
      } else if (onScreen !== null) {
        page.setAttribute(COLOUR_SCHEME_ATTRIBUTE, onScreen);
      }
    };
    printing.addEventListener('change', change);
    return () => printing.removeEventListener('change', change);
  }, []);
}
