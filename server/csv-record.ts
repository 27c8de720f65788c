/**
 * A text with an apostrophe in front if a spreadsheet would evaluate it as a formula
 * (https://owasp.org/www-community/attacks/CSV_Injection). Other texts are returned unchanged.
 */
export function withoutFormula(text: string): string {
  return /^(\s*[=+\-@＝＋－＠]|[\t\r\n])/.test(text) ? `'${text}` : text;
}

/**
 * One record of a CSV file (RFC 4180), with its end of line. Fields with a comma, a quote, a line break, or white space at an end
 * are quoted. Text from outside must go through {@link withoutFormula} before.
 */
export function csvRecord(fields: readonly string[], endOfLine: '\n' | '\r\n' = '\r\n'): string {
  const quoted = fields.map((text) =>
    /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text,
  );
  return `${quoted.join(',')}${endOfLine}`;
}
