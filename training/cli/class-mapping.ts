import type { ClassMapping } from '../../server/features/datasets/class-mapping.js';
import { tidyName } from '../../server/features/datasets/names.js';
import { UsageError } from './usage-error.js';

/** Parses 'folder=label,…', the label of each sub-folder. Throws UsageError. */
export function classMapping(text: string | undefined): ClassMapping {
  if (text === undefined) return null;
  return text.split(',').map((part) => {
    const [folder, label] = pair(part);
    return { folder, label: tidyName(label) };
  });
}

/** 'a=b' → ['a', 'b'] */
export function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`'${text}' is not of the form name=value.`);
  return [text.slice(0, at), text.slice(at + 1)];
}
