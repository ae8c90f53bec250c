import { hhmm } from '../clock';
import { channelOf } from '../state';
import type { State } from '../state';
import { t } from '../../text/text';
import { Chip, Clock, Hints, Progress, through } from './parts';

/** LiveBar says at the foot of the picture what is on. */
export function LiveBar({ state }: { state: State }) {
  const channel = channelOf(state, state.current);
  if (!channel) return null;
  const { now, next } = channel;
  return (
    <div class="bar" data-test="live-bar">
      <div class="line head">
        <span class="number" data-test="channel-number">{channel.number}</span>
        <span class="name" data-test="channel-name">{channel.name}</span>
        <Clock />
      </div>
      <div class="line">
        <Chip kind="live">{t('tv.live')}</Chip>
        <span class="title grow" data-test="now-title">{now ? now.title : t('tv.noGuideNow')}</span>
        {now ? <span class="muted times">{hhmm(now.start)} – {hhmm(now.end)}</span> : null}
      </div>
      <Progress part={now ? through(now.start, now.end) : 0} />
      <div class="line foot">
        <span class="muted grow" data-test="next-title">{next ? t('tv.next', hhmm(next.start), next.title) : ''}</span>
        <Hints keys={[['tv.keyUpDown', t('tv.doZap')], ['tv.keyOK', t('tv.doChannels')], ['tv.keyRight', t('tv.doGuide')]]} />
      </div>
    </div>
  );
}
