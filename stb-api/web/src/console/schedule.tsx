import { useCallback, useEffect, useState } from 'preact/hooks';
import { t } from '../text/text';
import { call, callTagged, Problem } from './api';
import type { Day, OnAirChannel, OnAir, Programme } from './api';
import { check, rowOf, toProgramme } from './row';
import type { Errors, Row } from './row';
import { dateOf, hhmm, shift } from './zone';

/** Place is which channel and day is edited; it is kept in the address, so that it can be sent to a colleague. */
export interface Place {
  channel: string;
  date: string;
}

export function SchedulePage({ place, onPlace, onSignedOut }: { place: Place; onPlace: (place: Place) => void; onSignedOut: () => void }) {
  const [channels, setChannels] = useState<OnAirChannel[] | null>(null);
  const [rows, setRows] = useState<Row[] | null>(null);
  const [before, setBefore] = useState<Programme | null>(null);
  const [tag, setTag] = useState('');
  const [dirty, setDirty] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const [notice, setNotice] = useState<{ kind: 'good' | 'bad'; text: string } | null>(null);
  const [removed, setRemoved] = useState<{ row: Row; at: number } | null>(null);
  const [busy, setBusy] = useState(false);

  const fail = useCallback((cause: unknown): void => {
    if (cause instanceof Problem && cause.status === 401) onSignedOut();
    else setNotice({ kind: 'bad', text: cause instanceof Problem ? t('console.failed', cause.message) : t('console.unreachable') });
  }, [onSignedOut]);

  useEffect(() => {
    call<OnAir>('GET', '/console/onair').then((answer) => setChannels(answer.channels ?? []), fail);
  }, [fail]);

  const channel = place.channel || channels?.[0]?.id || '';
  const path = `/console/channels/${encodeURIComponent(channel)}/programmes?date=${place.date}`;
  const read = useCallback((): void => {
    if (channel === '') return;
    setRows(null);
    setErrors({});
    setRemoved(null);
    const show = (answer: { body: Day; tag: string }): void => {
      setRows((answer.body.programmes ?? []).map((programme) => rowOf(programme)));
      setBefore(answer.body.before ?? null);
      setTag(answer.tag);
      setDirty(false);
    };
    callTagged<Day>('GET', path).then(show, (cause: unknown) => {
      setRows([]);
      fail(cause);
    });
  }, [path, channel, fail]);
  useEffect(read, [read]);

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => { if (dirty) event.preventDefault(); };
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [dirty]);

  const go = (next: Place): void => {
    if (dirty) {
      setNotice({ kind: 'bad', text: t('console.discardAsk') });
      return;
    }
    setNotice(null);
    onPlace(next);
  };
  const edit = (at: number, part: Partial<Row>): void => {
    setRows((now) => (now ?? []).map((row, i) => (i === at ? { ...row, ...part } : row)));
    setDirty(true);
    setNotice(null);
  };
  const add = (): void => {
    const last = (rows ?? [])[(rows ?? []).length - 1];
    setRows([...(rows ?? []), rowOf({ title: '', lecturer: '', category: last?.programme.category ?? '', start: '', end: '' }, last?.end ?? '08:00')]);
    setDirty(true);
    window.setTimeout(() => document.querySelector<HTMLInputElement>('tbody tr:last-child input[name=end]')?.focus());
  };
  const remove = (at: number): void => {
    const row = (rows ?? [])[at];
    if (!row) return;
    setRows((rows ?? []).filter((_, i) => i !== at));
    setRemoved({ row, at });
    setErrors({});
    setDirty(true);
  };
  const undo = (): void => {
    if (!removed) return;
    const back = [...(rows ?? [])];
    back.splice(removed.at, 0, removed.row);
    setRows(back);
    setRemoved(null);
  };
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const sorted = [...(rows ?? [])].sort((a, b) => a.start.padStart(5, '0').localeCompare(b.start.padStart(5, '0')));
    setRows(sorted);
    const found = check(sorted, place.date);
    setErrors(found);
    const count = Object.keys(found).length;
    if (count > 0) {
      setNotice({ kind: 'bad', text: t('console.fix', count) });
      return;
    }
    setBusy(true);
    try {
      const after = await callTagged<Day>('PUT', path, { programmes: sorted.map((row) => toProgramme(row, place.date)) }, tag);
      setRows(after.body.programmes.map((programme) => rowOf(programme)));
      setTag(after.tag);
      setDirty(false);
      setRemoved(null);
      setNotice({ kind: 'good', text: t('console.saved') });
    } catch (cause) {
      // "programmes[2].start" names a row and its column.
      const named = cause instanceof Problem ? /(\d+)\D+?(start|end|title|lecturer|category)$/.exec(cause.field) : null;
      if (named && cause instanceof Problem) setErrors({ [`${named[1]}.${named[2]}`]: cause.message + (cause.expected ? ' ' + cause.expected : '') });
      fail(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main id="content" tabIndex={-1} data-test="schedule">
      <h1>{t('console.schedule')}</h1>
      <div class="filters">
        <label>{t('console.channel')}
          <select value={channel} onChange={(e) => go({ ...place, channel: e.currentTarget.value })} data-test="pick-channel">
            {(channels ?? []).map((c) => <option value={c.id} key={c.id}>{c.number} {c.name}</option>)}
          </select>
        </label>
        <label>{t('console.day')}
          <input type="date" value={place.date} onChange={(e) => { if (e.currentTarget.value) go({ ...place, date: e.currentTarget.value }); }} data-test="pick-date" />
        </label>
        <div class="steps">
          <button type="button" onClick={() => go({ ...place, date: shift(place.date, -1) })}>{t('console.previousDay')}</button>
          <button type="button" onClick={() => go({ ...place, date: dateOf(Date.now()) })}>{t('console.today')}</button>
          <button type="button" onClick={() => go({ ...place, date: shift(place.date, 1) })}>{t('console.nextDay')}</button>
        </div>
      </div>
      <form noValidate onSubmit={(event) => void save(event)}>
        {rows === null ? <p class="muted">{t('console.loading')}</p> : (
          <div class="sheet">
            <table class="edit" data-test="programmes">
              <thead><tr>
                <th class="time">{t('console.start')}</th><th class="time">{t('console.end')}</th><th>{t('console.programme')}</th>
                <th class="who">{t('console.lecturer')}</th><th class="who">{t('console.category')}</th><th />
              </tr></thead>
              <tbody>
                {rows.length === 0 ? <tr><td colSpan={6} class="muted">{t('console.emptyDay')}</td></tr> : null}
                {before ? <tr class="before" data-test="before"><td>{hhmm(before.start)}</td><td>{hhmm(before.end)}</td><td colSpan={4}>{before.title} <span class="muted">{t('console.before')}</span></td></tr> : null}
                {rows.map((row, at) => (
                  <tr key={row.key} data-test="programme">
                    <Cell at={at} name="start" label={t('console.start')} value={row.start} errors={errors} onValue={(start) => edit(at, { start })} />
                    <Cell at={at} name="end" label={t('console.end')} value={row.end} errors={errors} onValue={(end) => edit(at, { end })} />
                    <Cell at={at} name="title" label={t('console.programme')} value={row.programme.title} errors={errors} onValue={(title) => edit(at, { programme: { ...row.programme, title } })} />
                    <Cell at={at} name="lecturer" label={t('console.lecturer')} value={row.programme.lecturer} errors={errors} onValue={(lecturer) => edit(at, { programme: { ...row.programme, lecturer } })} />
                    <Cell at={at} name="category" label={t('console.category')} value={row.programme.category} errors={errors} onValue={(category) => edit(at, { programme: { ...row.programme, category } })} />
                    <td><button type="button" class="quiet" onClick={() => remove(at)} data-test="remove" aria-label={t('console.remove') + ' ' + row.programme.title}>{t('console.remove')}</button></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        <div class="actions">
          <button type="button" onClick={add} disabled={rows === null} data-test="add">{t('console.add')}</button>
          <span class="spring" />
          <span role="status" class={'said ' + (notice ? notice.kind : 'muted')} data-test="notice">
            {notice ? notice.text : removed ? t('console.removed', removed.row.programme.title) : dirty ? t('console.unsaved') : ''}
          </span>
          {removed ? <button type="button" onClick={undo} data-test="undo-remove">{t('console.undoRemove')}</button> : null}
          {dirty ? <button type="button" onClick={() => { setNotice(null); read(); }} data-test="discard">{t('console.undo')}</button> : null}
          <button type="submit" class="primary" disabled={!dirty || busy} data-test="save">{t('console.save')}</button>
        </div>
      </form>
    </main>
  );
}

function Cell(props: { at: number; name: string; label: string; value: string; errors: Errors; onValue: (value: string) => void }) {
  const error = props.errors[`${props.at}.${props.name}`];
  return (
    <td>
      <input name={props.name} aria-label={props.label} aria-invalid={error ? 'true' : 'false'} value={props.value} onInput={(e) => props.onValue(e.currentTarget.value)}
        {...(props.name === 'start' || props.name === 'end' ? { inputMode: 'numeric' as const, maxLength: 5 } : { maxLength: 200 })} data-test={'cell-' + props.name} />
      {error ? <div class="error" role="alert" data-test="cell-error">{error}</div> : null}
    </td>
  );
}
