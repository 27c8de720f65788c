/** Valid model names. The name is used as a folder in the object store and as a label in monitoring. */
const MODEL_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** Null for a valid model name; otherwise a sentence that says what a valid name is. */
export function modelNameProblem(name: string): string | null {
  if (MODEL_NAME.test(name)) return null;
  return "A model's name is 1 to 64 lower-case letters, digits and hyphens, with no hyphen at either end: 'aml-blast'.";
}
