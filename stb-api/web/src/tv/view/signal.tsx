import { channelOf } from '../state';
import type { State } from '../state';
import { t } from '../../text/text';

/** Signal is the words over a picture that does not move: what happened, what Podium does, which key helps. */
export function Signal({ state }: { state: State }) {
  if (!state.reached) {
    return (
      <div class="signal card" data-test="signal" data-signal="server">
        <div class="title">{t('tv.connecting')}</div>
        <div class="muted">{t('tv.connectingMore')}</div>
      </div>
    );
  }
  if (state.channels.length === 0) {
    return <div class="signal card" data-test="signal" data-signal="empty"><div class="title">{t('tv.noChannels')}</div></div>;
  }
  const channel = channelOf(state, state.current);
  const name = state.playing ? state.playing.programme.title : channel ? channel.number + ' ' + channel.name : '';
  switch (state.status) {
    case 'opening':
      return (
        <div class="signal card" data-test="signal" data-signal="opening">
          <div class="title">{name}</div>
          <div class="muted">{t('tv.opening')}</div>
        </div>
      );
    case 'unsupported':
      return (
        <div class="signal card" data-test="signal" data-signal="unsupported">
          <div class="title">{t('tv.unsupported')}</div>
          <div class="muted">{t('tv.unsupportedMore')}</div>
        </div>
      );
    case 'lost':
      return (
        <div class="signal strip" data-test="signal" data-signal="lost">
          <div class="title">{t('tv.lost')}</div>
          <div class="muted">{state.playing ? t('tv.lostPlayback') : t('tv.lostMore')}</div>
        </div>
      );
    case 'waiting':
      return <div class="signal strip" data-test="signal" data-signal="waiting"><div class="title">{t('tv.waiting')}</div></div>;
    default:
      return state.muted ? <div class="signal sound" data-test="muted"><div class="title">{t('tv.pressForSound')}</div></div> : null;
  }
}
