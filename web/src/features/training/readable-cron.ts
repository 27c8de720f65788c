const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/**
 * Describes a cron expression of five fields, in UTC: '30 3 * * 1' → 'every Monday at 03:30 UTC'. Null for less common
 * expressions and for text that is not a cron expression.
 */
export function readableCron(cron: string): string | null {
  const [minute = '', hour = '', date = '', month = '', day = '', ...more] = cron.trim().split(/\s+/);
  if (more.length > 0 || Number(minute) > 59 || Number(hour) > 23 || Number(date) > 31) return null;
  const when = dayInWords(date, month, day);
  if (when === null) return null;
  if (isNumber(minute) && isNumber(hour)) {
    return `${when} at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')} UTC`;
  }
  if (isNumber(minute) && hour === '*') {
    return `${when === 'every day' ? '' : `${when}, `}every hour at ${minute} minutes past`;
  }
  return null;
}

function dayInWords(date: string, month: string, day: string): string | null {
  if (month !== '*') {
    const name = isNumber(month) ? months[Number(month) - 1] : undefined;
    return name && isNumber(date) && day === '*' ? `every ${date} ${name}` : null;
  }
  if (date === '*' && day === '*') return 'every day';
  if (date === '*') return daysOfWeekInWords(day);
  return isNumber(date) && day === '*' ? `on day ${date} of every month` : null;
}

function daysOfWeekInWords(field: string): string | null {
  if (field === '1-5') return 'Monday to Friday';
  const names = field.split(',').map((one) => (isNumber(one) ? days[Number(one)] : undefined));
  return names.every((name) => name !== undefined) ? `every ${names.join(' and ')}` : null;
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}
