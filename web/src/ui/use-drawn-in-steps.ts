import { useDeferredValue } from 'react';

/**
 * Whether to draw what has been loaded. It becomes true as a change that React draws in short steps, between which the page reacts to the
 * user. What a query returns would otherwise be drawn at one go. What is loaded from the start is drawn with the page, so that the page has its
 * full height when the scroll position is restored.
 */
export function useDrawnInSteps(isLoaded: boolean): boolean {
  return useDeferredValue(isLoaded) && isLoaded;
}
