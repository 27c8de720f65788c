/** What a model may be called: its name is a folder in the object store and a label in monitoring. */
const MODEL_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** Null for a good name of a model, else a sentence that says what would be right. */
export function modelNameProblem(name: string): string | null {
  if (MODEL_NAME.test(name)) return null;
  return "A model's name is 1 to 64 lower-case letters, digits and hyphens, with no hyphen at either end: 'aml-blast'.";
}
