import { lazy, type ReactNode, Suspense, useState } from 'react';
import { referenceOf, useChosenCase } from '../../session/chosen-case.js';

const AskForCase = lazy(async () => ({ default: (await import('./ask-for-case.js')).AskForCase }));

/**
 * Makes sure that the user has decided for a case, or for none, before images are sent. Returns a function that calls `send` with the
 * reference of the chosen case, after asking if there is no choice yet, and the dialog that asks.
 */
export function useCaseFor<Images>(
  send: (images: Images, caseReference: string | null) => void,
): [(images: Images) => void, ReactNode] {
  const [chosen, choose] = useChosenCase();
  const [waiting, setWaiting] = useState<{ images: Images } | null>(null);
  const start = (images: Images) => {
    if (chosen) send(images, referenceOf(chosen));
    else setWaiting({ images });
  };
  const dialog = waiting && (
    <Suspense>
      <AskForCase
        onChoice={(choice) => {
          choose(choice);
          setWaiting(null);
          send(waiting.images, referenceOf(choice));
        }}
        onClose={() => setWaiting(null)}
      />
    </Suspense>
  );
  return [start, dialog];
}
