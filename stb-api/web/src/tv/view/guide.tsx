import type { Programme } from '../api';
import { dayName, hhmm, monthDay, now } from '../clock';
import { channelOf } from '../state';
import { stateOf, whenOf } from '../television';
import type { Television } from '../television';
import { t } from '../../text/text';
import type { Key } from '../../text/text';
import { Chip, Clock, Hints, Progress, slice, through } from './parts';

const day = 86_400_000;

/** GuidePage is one channel's day; the picture goes on in its corner. */
export function GuidePage({ television }: { television: Television }) {
  const { state } = television;
  const { guide } = state;
  const channel = channelOf(state, guide.channel);
  const rows = [5, 4, 3][state.saved.size] || 5;
  const list = guide.programmes || [];
  const from = slice(list.length, guide.focus, rows);
  const focused = television.focusedProgramme();
  const back = television.daysBack();
  const days: number[] = [];
  for (let d = guide.day - 1; d <= guide.day + 1; d++) if (d >= -back && d <= 7) days.push(d);

  const keys: [Key, string][] = [
    ['tv.keyOK', focused ? okDoes(focused) : guide.failed ? t('tv.doRetry') : '—'],
    ['tv.keyLeftRight', t('tv.doDay')],
  ];
  if (state.channels.length > 1) keys.push(['tv.keyChannel', t('tv.doOtherChannel')]);
  keys.push(['tv.keyBack', t('tv.doBack')]);

  return (
    <div class="guide" data-test="guide" data-day={guide.day}>
      <div class="heading">
        <span class="where">{t('tv.guide')}</span>
        <span class="name">{channel ? channel.number + ' ' + channel.name : ''}</span>
        <Clock date />
      </div>
      <div class="days">
        {days.map((d) => (
          <span class={'day' + (d === guide.day ? ' chosen' : ' other')} key={d} data-test={d === guide.day ? 'day' : 'other-day'}>
            {d < guide.day ? <i class="to-left" /> : null}
            {dayName(d)}<small>{monthDay(now() + d * day)}</small>
            {d > guide.day ? <i class="to-right" /> : null}
          </span>
        ))}
      </div>
      <div class="columns">
        <div class="rows" data-test="programmes">
          {guide.programmes === null ? <div class="nothing">{t('tv.guideOpening')}</div> : null}
          {guide.failed ? <div class="nothing bad">{t('tv.guideFailed')}</div> : null}
          {guide.programmes !== null && !guide.failed && list.length === 0 ? <div class="nothing">{t('tv.guideEmpty')}</div> : null}
          {list.slice(from, from + rows).map((programme, i) => (
            <Row programme={programme} focus={from + i === guide.focus} key={programme.id} />
          ))}
        </div>
        <div class="side">
          <div id="hole" />
          {focused ? <Details programme={focused} /> : null}
        </div>
      </div>
      {list.length > from + rows ? <div class="muted more">{t('tv.moreBelow', list.length - from - rows)}</div> : null}
      {state.toast ? null : <Hints keys={keys} />}
    </div>
  );
}

function Row({ programme, focus }: { programme: Programme; focus: boolean }) {
  const state = stateOf(programme);
  const can = state === 'past' && programme.play !== null;
  return (
    <div class={'row programme ' + state + (can ? ' can' : '') + (focus ? ' focus' : '')} data-test="programme-row" data-id={programme.id} data-state={state}
      data-play={programme.play ? '1' : '0'} data-focus={focus ? '1' : '0'}>
      <span class="at">{hhmm(programme.start)}</span>
      <span class="title grow cut">{programme.title}</span>
      <Word programme={programme} />
    </div>
  );
}

function Word({ programme }: { programme: Programme }) {
  switch (stateOf(programme)) {
    case 'now': return <Chip kind="live">{t('tv.onNow')}</Chip>;
    case 'future': return <Chip kind="future">{t('tv.future')}</Chip>;
    case 'past': return programme.play ? <Chip kind="archive">{t('tv.canReplay')}</Chip> : <Chip kind="none">{t('tv.noArchive')}</Chip>;
  }
}

function okDoes(programme: Programme): string {
  const state = stateOf(programme);
  let key: Key = 'tv.doWhen';
  if (state === 'past') key = programme.play ? 'tv.doReplay' : 'tv.doNothing';
  if (state === 'now') key = programme.play ? 'tv.doChoose' : 'tv.doLive';
  return t(key);
}

function Details({ programme }: { programme: Programme }) {
  const state = stateOf(programme);
  const facts = [programme.lecturer ? t('tv.lecturer', programme.lecturer) : '', programme.category].filter((fact) => fact !== '');
  return (
    <div class="details" data-test="details">
      <div class="title" data-test="details-title">{programme.title}</div>
      {programme.subtitle ? <div>{programme.subtitle}</div> : null}
      <div class="muted">{whenOf(programme.start)} – {hhmm(programme.end)}</div>
      {state === 'now' ? <Progress part={through(programme.start, programme.end)} /> : null}
      {facts.length > 0 ? <div class="muted">{facts.join(' · ')}</div> : null}
      {programme.description ? <div class="description">{programme.description}</div> : null}
    </div>
  );
}
