import { createContext, type ReactNode, use, useState } from 'react';
import { useViewer } from './viewer.js';

/** The case that the user works on, or the decision to work without one. Null: the user has not decided. */
export type ChosenCase = { kind: 'case'; reference: string } | { kind: 'no case' } | null;

/** The key of the choice in the session storage: each browser tab has its own choice, which survives a reload and ends with the tab. */
const STORAGE_KEY = 'cytograph-chosen-case';

const ChosenCaseContext = createContext<[ChosenCase, (choice: ChosenCase) => void] | null>(null);

/** Keeps the chosen case of the signed-in user over pages, reloads, and signing in again after the session has expired. */
export function ChosenCaseProvider({ children }: { children: ReactNode }) {
  const { id: viewerId } = useViewer();
  const [chosen, setChosen] = useState(() => readChoice(viewerId));
  const choose = (choice: ChosenCase) => {
    if (choice) sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ viewerId, choice }));
    else forgetChosenCase();
    setChosen(choice);
  };
  return <ChosenCaseContext value={[chosen, choose]}>{children}</ChosenCaseContext>;
}

/** The chosen case, and a function that chooses another. @throws if used outside the provider */
export function useChosenCase(): [ChosenCase, (choice: ChosenCase) => void] {
  const state = use(ChosenCaseContext);
  if (!state) throw new Error('useChosenCase must be used inside ChosenCaseProvider.');
  return state;
}

/** The choice of a text in a field for the case reference: an empty field is no decision. */
export function choiceOf(text: string): ChosenCase {
  return text.trim() === '' ? null : { kind: 'case', reference: text };
}

/** The case reference of what is sent with this choice; null: no case. */
export function referenceOf(choice: ChosenCase): string | null {
  return choice?.kind === 'case' ? choice.reference.trim() : null;
}

function forgetChosenCase(): void {
  sessionStorage.removeItem(STORAGE_KEY);
}

/** The stored choice. Null if there is none in this format; the choice of another user is removed. */
function readChoice(viewerId: string): ChosenCase {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null');
    if (!isObject(stored) || stored.viewerId !== viewerId || !isObject(stored.choice)) {
      forgetChosenCase();
      return null;
    }
    const { kind, reference } = stored.choice;
    if (kind === 'no case') return { kind };
    return kind === 'case' && typeof reference === 'string' ? choiceOf(reference) : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
