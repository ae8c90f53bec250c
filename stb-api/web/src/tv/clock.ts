import { t } from '../text/text';

const minute = 60_000;
const day = 24 * 60 * minute;

// Boxes come out of a power cut in 1970, and their browsers know no time zones: both come from the server.
let ahead = 0;
let zone = 480;

// An answer out of a cache tells an old time, never a future one: the most of the last ones is right. One far
// below them all says that the box has set its own clock.
const remembered = 10;
const jump = 2 * minute;
let offsets: number[] = [];

/** setClock takes the server's time out of an answer that took `took` ms on the way there and back: the later of its body's and its head's. */
export function setClock(serverTime: string, date: string | null, took: number): void {
  const body = Date.parse(serverTime);
  const head = date ? Date.parse(date) : NaN;
  const server = isNaN(head) || body >= head ? body : head;
  if (isNaN(server)) return;
  const offset = server + took / 2 - Date.now();
  if (offset < ahead - jump) offsets = [];
  offsets.push(offset);
  if (offsets.length > remembered) offsets.shift();
  ahead = Math.max.apply(null, offsets);
}

/** setZone takes the station's minutes east of UTC; a station that does not say is in China. */
export function setZone(minutes: number | undefined): void {
  zone = minutes === undefined ? 480 : minutes;
}

/** now is the server's clock, in ms since 1970. */
export function now(): number {
  return Date.now() + ahead;
}

export function clockOffset(): number {
  return ahead;
}

/** local gives a Date whose UTC fields read as the station's wall clock. */
function local(instant: number): Date {
  return new Date(instant + zone * minute);
}

const two = (n: number): string => (n < 10 ? '0' : '') + n;

/** hhmm is the station's wall clock, "08:05". */
export function hhmm(instant: number | string): string {
  const at = local(typeof instant === 'string' ? Date.parse(instant) : instant);
  return two(at.getUTCHours()) + ':' + two(at.getUTCMinutes());
}

/** dateOf is the station's date of an instant, "2026-11-23". */
export function dateOf(instant: number): string {
  const at = local(instant);
  return at.getUTCFullYear() + '-' + two(at.getUTCMonth() + 1) + '-' + two(at.getUTCDate());
}

/** dayFromToday is the station's date some days from today. */
export function dayFromToday(days: number): string {
  return dateOf(now() + days * day);
}

const weekdays = ['tv.sunday', 'tv.monday', 'tv.tuesday', 'tv.wednesday', 'tv.thursday', 'tv.friday', 'tv.saturday'] as const;

/** dayName is what people call a day: today, yesterday, tomorrow, else its weekday. */
export function dayName(days: number): string {
  if (days === 0) return t('tv.today');
  if (days === -1) return t('tv.yesterday');
  if (days === 1) return t('tv.tomorrow');
  return weekday(now() + days * day);
}

export function weekday(instant: number): string {
  return t(weekdays[local(instant).getUTCDay()] ?? 'tv.sunday');
}

/** monthDay is a short date, "11月23日". */
export function monthDay(instant: number): string {
  const at = local(instant);
  return t('tv.monthDay', at.getUTCMonth() + 1, at.getUTCDate());
}

/** daysUntil counts the station's midnights between now and an instant. */
export function daysUntil(instant: number): number {
  const midnight = (at: number): number => Math.floor((at + zone * minute) / day);
  return midnight(instant) - midnight(now());
}

/** length writes seconds as "1:05:09" or "5:09". */
export function length(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const rest = two(whole % 60);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? hours + ':' + two(minutes) + ':' + rest : minutes + ':' + rest;
}
