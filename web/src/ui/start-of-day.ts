/**
 * The start of a day 'YYYY-MM-DD' in the reader's time zone, or of a later day, as ISO 8601. Undefined if the text is not a day.
 */
export function startOfDay(day: string, daysLater = 0): string | undefined {
  const date = new Date(`${day}T00:00`);
  if (Number.isNaN(date.getTime())) return undefined;
  date.setDate(date.getDate() + daysLater);
  return date.toISOString();
}
