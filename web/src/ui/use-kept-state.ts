import { useEffect, useState } from 'react';

/** A state that survives a reload of the page: JSON in the storage of the browser tab. `check` refuses what is not such a state. */
export function useKeptState<State>(
  key: string,
  initial: State,
  check: (value: unknown) => value is State,
): [State, (change: (before: State) => State) => void] {
  const [state, setState] = useState<State>(() => {
    const kept: unknown = parsed(sessionStorage.getItem(key));
    return check(kept) ? kept : initial;
  });
  useEffect(() => sessionStorage.setItem(key, JSON.stringify(state)), [key, state]);
  return [state, setState];
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
