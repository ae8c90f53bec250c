import { t } from '../text/text';
import type { Programme } from './api';
import { hhmm, instant } from './zone';

/** Row is a programme as it is typed: its times are the station's wall clock on the edited day. */
export interface Row {
  key: number;
  start: string;
  end: string;
  programme: Programme;
}

/** Errors are texts by "row.column". */
export type Errors = Record<string, string>;

let keys = 0;

export function rowOf(programme: Programme, start?: string): Row {
  keys++;
  return {
    key: keys,
    start: programme.start ? hhmm(programme.start) : (start ?? ''),
    end: programme.end ? hhmm(programme.end) : '',
    programme: { ...programme, lecturer: programme.lecturer ?? '', category: programme.category ?? '' },
  };
}

// A programme that ends before its start by the clock goes over midnight, unless it would be longer than this.
const longestOverMidnight = 8 * 3_600_000;
const day = 86_400_000;

/** times are the instants of a row, or null if it has none. */
function times(row: Row, date: string): { start: string; end: string } | null {
  // What was not retyped keeps its instants to the second, and its day where it began the evening before.
  const kept = row.programme;
  if (kept.start && hhmm(kept.start) === row.start && hhmm(kept.end) === row.end) return { start: kept.start, end: kept.end };
  const start = instant(date, row.start);
  let end = instant(date, row.end);
  if (!start || !end) return null;
  if (Date.parse(end) <= Date.parse(start) && Date.parse(end) + day - Date.parse(start) <= longestOverMidnight) {
    end = new Date(Date.parse(end) + day).toISOString().replace('.000Z', 'Z');
  }
  return { start, end };
}

/** check finds what the server would refuse, so that it is said beside the cell at once. Rows are in order of start. */
export function check(rows: Row[], date: string): Errors {
  const errors: Errors = {};
  let before: { end: string; title: string } | null = null;
  rows.forEach((row, at) => {
    if (row.programme.title.trim() === '') errors[`${at}.title`] = t('console.needed');
    const badStart = instant(date, row.start) === null;
    const badEnd = instant(date, row.end) === null;
    if (badStart) errors[`${at}.start`] = t('console.timeBad');
    if (badEnd) errors[`${at}.end`] = t('console.timeBad');
    const both = badStart || badEnd ? null : times(row, date);
    if (!both) return;
    if (Date.parse(both.end) <= Date.parse(both.start)) errors[`${at}.end`] = t('console.endBad');
    else if (before && Date.parse(both.start) < Date.parse(before.end)) errors[`${at}.start`] = t('console.overlap', before.title);
    before = { end: both.end, title: row.programme.title };
  });
  return errors;
}

export function toProgramme(row: Row, date: string): Programme {
  const both = times(row, date);
  const { title, subtitle, description, lecturer, category, series, repeat, id } = row.programme;
  return {
    ...(id ? { id } : {}),
    title: title.trim(),
    subtitle: subtitle ?? '',
    description: description ?? '',
    lecturer: lecturer.trim(),
    category: category.trim(),
    series: series ?? '',
    repeat: repeat ?? false,
    start: both?.start ?? '',
    end: both?.end ?? '',
  };
}
