// Made once, because to make a formatter takes much longer than to use it.
const medium = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const mediumDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

interface DateTimeProps {
  /** ISO 8601. */
  iso: string;
  /** Without the time of day. Default: with it. */
  dayOnly?: boolean;
}

/** A point in time in the reader's locale and time zone. Its tooltip shows the full date with the time zone. */
export function DateTime({ iso, dayOnly = false }: DateTimeProps) {
  const date = new Date(iso);
  return (
    <time dateTime={iso} title={full.format(date)}>
      {(dayOnly ? mediumDay : medium).format(date)}
    </time>
  );
}
