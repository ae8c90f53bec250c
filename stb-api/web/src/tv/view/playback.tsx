import { hhmm, length } from '../clock';
import { channelOf } from '../state';
import type { State } from '../state';
import { t } from '../../text/text';
import { whenOf } from '../television';
import { Chip, Clock, Hints, Progress } from './parts';

/** PlaybackBar says where in a past programme the viewer is. */
export function PlaybackBar({ state }: { state: State }) {
  if (!state.playing) return null;
  const { programme, kind } = state.playing;
  const channel = channelOf(state, programme.channel);
  const at = Math.min(state.duration, state.seekTo === null ? state.position : state.seekTo);
  return (
    <div class="bar" data-test="playback-bar">
      <div class="line head">
        <Chip kind="archive">{kind === 'growing' ? t('tv.fromStart') : t('tv.catchup')}</Chip>
        <span class="name muted">{channel ? channel.number + ' ' + channel.name : ''}</span>
        <Clock />
      </div>
      <div class="line">
        <span class="title grow" data-test="playing-title">{programme.title}</span>
        <span class="muted times">{whenOf(programme.start)} – {hhmm(programme.end)}</span>
      </div>
      <Progress part={state.duration > 0 ? at / state.duration : 0} />
      <div class="line foot">
        <span class="times grow" data-test="elapsed">
          {length(at)} / {length(state.duration)}
          <span class="word">{state.seekTo !== null ? t('tv.jumping') : state.paused ? t('tv.paused') : ''}</span>
        </span>
        <Hints keys={[
          ['tv.keyOK', state.paused ? t('tv.doResume') : t('tv.doPause')], ['tv.keyLeftRight', t('tv.doSeek')], ['tv.keyBack', t('tv.doGuideBack')],
        ]} />
      </div>
    </div>
  );
}
