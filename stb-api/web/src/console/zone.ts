const minute = 60_000;
const day = 24 * 60 * minute;

// The editors work in the station's time, wherever their desk stands.
let offset = 480;

export function setZone(minutes: number | undefined): void {
  offset = minutes ?? 480;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** hhmm is the station's wall clock of an instant, "08:05". */
export function hhmm(instant: string): string {
  const at = new Date(Date.parse(instant) + offset * minute);
  return two(at.getUTCHours()) + ':' + two(at.getUTCMinutes());
}

/** hhmmss is the same with seconds. */
export function hhmmss(instant: string): string {
  return hhmm(instant) + ':' + two(new Date(Date.parse(instant)).getUTCSeconds());
}

/** dateOf is the station's date of an instant, "2026-11-23". */
export function dateOf(at: number): string {
  return new Date(at + offset * minute).toISOString().slice(0, 10);
}

export function shift(date: string, days: number): string {
  return new Date(Date.parse(date + 'T00:00:00Z') + days * day).toISOString().slice(0, 10);
}

/** instant is the moment at which the station's clock shows a time on a date, or null if the text is no time. 24:00 is midnight. */
export function instant(date: string, text: string): string | null {
  const parts = /^(\d{1,2})[:：](\d{2})$/.exec(text.trim());
  if (!parts) return null;
  const minutes = Number(parts[1]) * 60 + Number(parts[2]);
  if (minutes > 24 * 60 || Number(parts[2]) > 59) return null;
  return new Date(Date.parse(date + 'T00:00:00Z') + (minutes - offset) * minute).toISOString().replace('.000Z', 'Z');
}
