import { Box, Button, type ButtonProps } from '@mui/material';
import { useEffect } from 'react';

/** What can be done on a page with a key, or with a button that shows the key. */
export interface Choice {
  name: string;
  /** As `KeyboardEvent.key`; letters in lower case. */
  key: string;
  run: () => void;
}

/** Runs the choice whose key is pressed, except together with another key, in a field or in a dialog. */
export function useKeys(choices: readonly Choice[]): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { target } = event;
      const isTaken =
        target instanceof HTMLElement &&
        (target.matches('input, textarea, select') ||
          target.closest('[role=dialog], [role=menu], [role=listbox]') !== null ||
          // A button or a link that has the focus has its own use of Enter.
          (event.key === 'Enter' && target.matches('a, button, [role=button], [role=combobox]')));
      if (isTaken || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const choice = choices.find(
        ({ key }) => key === (event.key.length === 1 ? event.key.toLowerCase() : event.key),
      );
      if (!choice) return;
      event.preventDefault();
      choice.run();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  });
}

/** How a key is written on the screen. */
const keyNames: Readonly<Record<string, string>> = {
  Enter: '↵',
  ArrowRight: '→',
  ArrowLeft: '←',
  Backspace: '⌫',
};

/** A key as it is printed on a keyboard. */
export function Key({ of: key }: { of: string }) {
  return (
    <Box component="kbd" sx={{ font: 'inherit', fontSize: '0.8em' }}>
      {keyNames[key] ?? key.toUpperCase()}
    </Box>
  );
}

/** A button for a choice, which shows its key. */
export function KeyButton({ choice: { name, key, run }, ...button }: { choice: Choice } & ButtonProps) {
  return (
    // A click leaves the focus where it is, so that Enter does not repeat the button.
    <Button aria-keyshortcuts={key} onClick={run} onMouseDown={(event) => event.preventDefault()} {...button}>
      {name}
      <Box component="span" aria-hidden sx={{ ml: 1, opacity: 0.75 }}>
        <Key of={key} />
      </Box>
    </Button>
  );
}
