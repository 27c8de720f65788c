interface DateTimeProps {
  /** ISO 8601. */
  iso: string;
  /** Without the time of day. Default: with it. */
  dayOnly?: boolean;
}

/** A point in time in the reader's locale and time zone. Its tooltip shows the full date with the time zone. */
export function DateTime({ iso, dayOnly = false }: DateTimeProps) {
  const date = new Date(iso);
  const timeStyle = dayOnly ? undefined : 'short';
  return (
    <time dateTime={iso} title={date.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })}>
      {date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle })}
    </time>
  );
}
