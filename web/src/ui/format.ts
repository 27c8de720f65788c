/** 0.973 → '97.3 %'. What is not certain is not rounded to certainty: '> 99.9 %', '< 0.1 %'. */
export function percent(fraction: number): string {
  if (fraction > 0.999 && fraction < 1) return '> 99.9 %';
  if (fraction < 0.001 && fraction > 0) return '< 0.1 %';
  return `${(fraction * 100).toFixed(1)} %`;
}

/** 0.97 (0.95 to 0.98): an estimate with its 95 % interval. */
export function interval(value: { estimate: number; lower: number; upper: number }): string {
  return `${decimal(value.estimate)} (${decimal(value.lower)} to ${decimal(value.upper)})`;
}

export function decimal(value: number, digits = 3): string {
  return value.toFixed(digits);
}

export function dateTime(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

export function day(iso: string): string {
  return new Date(iso).toLocaleDateString(undefined, { dateStyle: 'medium' });
}

/** 12.3 → '12 ms', 1234 → '1.2 s'. */
export function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return value < 10 ? `${value.toFixed(1)} ms` : `${value.toFixed(0)} ms`;
}

/** 'from 14:02:11 to 14:05:40' as '3 min 29 s'. */
export function duration(fromIso: string, toIso: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(toIso) - Date.parse(fromIso)) / 1000));
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

export function bytes(size: number): string {
  if (size >= 1e6) return `${(size / 1e6).toFixed(1)} MB`;
  if (size >= 1e3) return `${(size / 1e3).toFixed(1)} kB`;
  return `${size} B`;
}

/** 1 → '1 image', 2 → '2 images'. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

/** 'neutrophil_band' → 'neutrophil band': a label as it is read, not as a folder is called. */
export function readable(label: string): string {
  return label.replaceAll('_', ' ');
}
