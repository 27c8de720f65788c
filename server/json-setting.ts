import { z } from 'zod';

/** A setting that is JSON text, checked by `schema`. A text that is not JSON is an issue that gives the parser's reason. */
export function jsonSetting<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        context.addIssue({ code: 'custom', message: `is not JSON (${reason})` });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
