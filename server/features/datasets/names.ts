/** Characters that are invisible on a screen: zero-width spaces and joiners, soft hyphens, direction marks. */
const INVISIBLE = /\p{Cf}/gu;
const WHITE_SPACE = /\s+/gu;

/**
 * Normalises a name for storage: Unicode NFC, no leading or trailing white space, and single spaces within. An ordinary name is
 * returned unchanged.
 */
export function tidyName(name: string): string {
  return name.normalize('NFC').replace(WHITE_SPACE, ' ').trim();
}

/** Tidies each part of a path. */
export function tidyPath(path: string): string {
  return path.split('/').map(tidyName).join('/');
}

/**
 * Folds a name so that spellings that people read as the same name are equal: 'Blast', 'blast' and 'blast ', or 'ä' as one character
 * and as two. Only for comparison, never for display. Converts to upper case first, because some letters have two lower-case
 * forms (ς and σ).
 */
export function foldName(name: string): string {
  return tidyName(name.replace(INVISIBLE, '')).toUpperCase().toLowerCase().normalize('NFC');
}

/** Folds each part of a path. */
export function foldPath(path: string): string {
  return path.split('/').map(foldName).join('/');
}

/** The names with two or more spellings: all spellings of each, in the order of their occurrence. */
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
 * Shows spellings so that they can be distinguished: in quotes, and if two look the same, with the code point of every character
 * outside ASCII.
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

/** Replaces characters outside ASCII by their code points: 'ä' of two characters → 'a U+0308'. */
function withCodes(name: string): string {
  const code = (character: string) =>
    ` U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} `;
  return name
    .replace(/[^\x21-\x7e]/gu, code)
    .replace(/ +/g, ' ')
    .trim();
}
