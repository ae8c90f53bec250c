import type { ComponentChildren } from 'preact';
import { hhmm, monthDay, now, weekday } from '../clock';
import { t } from '../../text/text';
import type { Key } from '../../text/text';

/** Clock is what the time is, top right of every page. */
export function Clock({ date }: { date?: boolean }) {
  const at = now();
  return (
    <div class="clock" data-test="clock">
      {date ? <span class="date">{monthDay(at)} {weekday(at)}</span> : null}
      <span class="time">{hhmm(at)}</span>
    </div>
  );
}

/** Hints say in words what the keys do. */
export function Hints({ keys }: { keys: [Key, string][] }) {
  return (
    <div class="hints" data-test="hints">
      {keys.map(([key, does]) => (
        <span class="hint"><b>{t(key)}</b>{does}</span>
      ))}
    </div>
  );
}

/** Progress is a line; part is 0..1. */
export function Progress({ part }: { part: number }) {
  const width = Math.max(0, Math.min(1, part)) * 100;
  return <div class="progress"><div class="done" style={{ width: width + '%' }} /></div>;
}

/** through is how much of a programme is over. */
export function through(start: string, end: string): number {
  const from = Date.parse(start);
  const to = Date.parse(end);
  return to > from ? (now() - from) / (to - from) : 0;
}

export function Chip({ kind, children }: { kind: 'live' | 'archive' | 'future' | 'none'; children: ComponentChildren }) {
  return <span class={'chip ' + kind}><i />{children}</span>;
}

/** slice is which rows are shown so that the focused one is among them, two rows from the edge where it can be. */
export function slice(count: number, focus: number, rows: number): number {
  const lead = Math.min(2, Math.floor((rows - 1) / 2));
  return Math.max(0, Math.min(count - rows, focus - lead));
}
