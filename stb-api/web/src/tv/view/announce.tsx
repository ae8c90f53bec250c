import { hhmm } from '../clock';
import { channelOf } from '../state';
import { stateOf } from '../television';
import type { Television } from '../television';
import { t } from '../../text/text';

/** Announce tells a screen reader what has the focus, in one short line. */
export function Announce({ television }: { television: Television }) {
  return <div class="announce" aria-live="polite" data-test="announce">{said(television)}</div>;
}

function said(television: Television): string {
  const { state } = television;
  if (state.toast) return state.toast;
  if (state.digits) return state.digits;
  if (state.view === 'list') {
    const channel = channelOf(state, television.focusedChannel());
    return channel ? channel.number + ' ' + channel.name + ' ' + (channel.now ? channel.now.title : '') : '';
  }
  if (state.view === 'guide') {
    const programme = television.focusedProgramme();
    if (!programme) return t('tv.guide');
    const word = { past: programme.play ? t('tv.canReplay') : t('tv.noArchive'), now: t('tv.onNow'), future: t('tv.future') };
    return hhmm(programme.start) + ' ' + programme.title + ' ' + word[stateOf(programme)];
  }
  if (state.playing) return state.playing.programme.title + (state.paused ? ' ' + t('tv.paused') : '');
  const channel = channelOf(state, state.current);
  return channel ? channel.number + ' ' + channel.name : '';
}
