/** Characters that take no room on a screen: zero-width spaces and joiners, soft hyphens, marks of writing direction. */
const INVISIBLE = /\p{Cf}/gu;
const WHITE_SPACE = /\s+/gu;

/**
 * A name as it is kept: composed (Unicode NFC), without white space at its ends, and with one space where it has more in
 * between. A name that is written in the ordinary way stays as it is.
 */
export function tidyName(name: string): string {
  return name.normalize('NFC').replace(WHITE_SPACE, ' ').trim();
}

/** A path with each of its parts tidied. */
export function tidyPath(path: string): string {
  return path.split('/').map(tidyName).join('/');
}

/**
 * What two names have in common that people take for one: 'Blast', 'blast' and 'blast ', or 'ä' as one character and as two.
 * Only to be compared, never to be shown. Upper case first, because some letters have two lower-case forms (ς and σ).
 */
export function foldName(name: string): string {
  return tidyName(name.replace(INVISIBLE, '')).toUpperCase().toLowerCase().normalize('NFC');
}

/** A path with each of its parts folded. */
export function foldPath(path: string): string {
  return path.split('/').map(foldName).join('/');
}

/** The names that are spelled in two or more ways, with all their spellings, in the order in which they come. */
export function spellings(names: Iterable<string>, fold = foldName): string[][] {
  const first = new Map<string, string>();
  const several = new Map<string, Set<string>>();
  for (const name of names) {
    const folded = fold(name);
    const known = first.get(folded);
    if (known === undefined) first.set(folded, name);
    else if (known !== name) several.set(folded, (several.get(folded) ?? new Set([known])).add(name));
  }
  return [...several.values()].map((spelled) => [...spelled]);
}

/**
 * Spellings side by side, so that they can be told apart: in quotes, and where two look the same, with the code of every
 * character that is not plain ASCII.
 */
export function shownSpellings(names: readonly string[]): string {
  const look = (name: string) => name.normalize('NFC').replace(INVISIBLE, '');
  return names
    .map((name) => {
      const hasTwin = names.some((other) => other !== name && look(other) === look(name));
      return hasTwin ? `'${name}' (${withCodes(name)})` : `'${name}'`;
    })
    .join(' and ');
}

/** 'ä' of two characters → 'a U+0308'. */
function withCodes(name: string): string {
  const code = (character: string) =>
    ` U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} `;
  return name
    .replace(/[^\x21-\x7e]/gu, code)
    .replace(/ +/g, ' ')
    .trim();
}
