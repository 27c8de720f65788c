// Numbers are written as the reader's browser writes them: '97.3 %' in English, '97,3 %' in German.

// To make a formatter takes 20 ms at first and is much slower than its use, so each is made when it is needed, and kept.
const formatters = new Map<string, Intl.NumberFormat>();

function formatted(value: number, options: Intl.NumberFormatOptions): string {
  const key = JSON.stringify(options);
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.NumberFormat(undefined, options);
    formatters.set(key, formatter);
  }
  return formatter.format(value);
}

/** A number with exactly `digits` decimals. */
function fixed(value: number, digits: number): string {
  return formatted(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** 0.973 → '97.3 %'. Values close to 0 and 1 are not rounded to them: 'below 0.1 %', 'above 99.9 %'. */
export function percent(fraction: number): string {
  if (fraction > 0.999 && fraction < 1) return `above ${fixed(99.9, 1)} %`;
  if (fraction < 0.001 && fraction > 0) return `below ${fixed(0.1, 1)} %`;
  return `${fixed(fraction * 100, 1)} %`;
}

/** A threshold to three significant digits: 0.5 → '50 %', 0.0004 → '0.04 %'. */
export function percentThreshold(fraction: number): string {
  return `${formatted(fraction * 100, { maximumSignificantDigits: 3 })} %`;
}

/** An estimate with its 95 % confidence interval: '0.970 (0.950 to 0.980)'. */
export function interval(value: { estimate: number; lower: number; upper: number }): string {
  return `${decimal(value.estimate)} (${decimal(value.lower)} to ${decimal(value.upper)})`;
}

export function decimal(value: number, digits = 3): string {
  return fixed(value, digits);
}

/** A difference: 0.012 → '+0.012', −0.003 → '−0.003', 0.0001 → '0.000'. */
export function signed(value: number): string {
  const text = decimal(Math.abs(value));
  if (text === decimal(0)) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

/** 12.3 → '12 ms', 1234 → '1.2 s'. */
export function milliseconds(value: number): string {
  if (value >= 1000) return `${fixed(value / 1000, 1)} s`;
  return `${fixed(value, value < 10 ? 1 : 0)} ms`;
}

/** The time between two ISO 8601 timestamps: '3 min 29 s'. */
export function duration(fromIso: string, toIso: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(toIso) - Date.parse(fromIso)) / 1000));
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

export function bytes(size: number): string {
  if (size >= 1e6) return `${fixed(size / 1e6, 1)} MB`;
  if (size >= 1e3) return `${fixed(size / 1e3, 1)} kB`;
  return `${size} B`;
}

/** 1 → '1 image', 2 → '2 images'. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

/** A label as text: 'neutrophil_band' → 'neutrophil band'. */
export function readable(label: string): string {
  return label.replaceAll('_', ' ');
}

/** A label at the start of a sentence: 'not_blast' → 'Not blast'. */
export function capitalised(label: string): string {
  const text = readable(label);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
