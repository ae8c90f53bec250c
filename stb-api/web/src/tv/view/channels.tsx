import { hhmm } from '../clock';
import type { State } from '../state';
import { t } from '../../text/text';
import { Clock, Hints, Progress, slice, through } from './parts';

/** ChannelList is the channels with what is on each, at the left of the picture. */
export function ChannelList({ state, rows }: { state: State; rows: number }) {
  const from = slice(state.channels.length, state.listFocus, rows);
  const focused = state.channels[state.listFocus];
  return (
    <div>
      <div class="corner"><Clock /></div>
      <div class="panel left" data-test="channel-list">
        <div class="heading"><span class="where">{t('tv.channels')}</span><span class="muted">{t('tv.count', state.listFocus + 1, state.channels.length)}</span></div>
        <div class="rows">
          {state.channels.slice(from, from + rows).map((channel, i) => {
            const focus = from + i === state.listFocus;
            const here = channel.id === state.current;
            return (
              <div class={'row channel' + (focus ? ' focus' : '')} key={channel.id} data-test="channel-row" data-channel={channel.id} data-focus={focus ? '1' : '0'}>
                <span class="number">{channel.number}</span>
                <div class="grow">
                  <div class="line">
                    <span class="title grow">{channel.name}</span>
                    {here ? <span class="here">{t('tv.watching')}</span> : null}
                  </div>
                  <div class="line small">
                    <span class="grow cut">{channel.now ? hhmm(channel.now.start) + ' ' + channel.now.title : t('tv.noGuideNow')}</span>
                  </div>
                  {channel.now ? <Progress part={through(channel.now.start, channel.now.end)} /> : null}
                </div>
              </div>
            );
          })}
        </div>
        <div class="under">
          {focused && focused.next ? <div class="muted cut later">{t('tv.next', hhmm(focused.next.start), focused.next.title)}</div> : null}
          <Hints keys={[['tv.keyOK', t('tv.doWatch')], ['tv.keyRight', t('tv.doGuide')], ['tv.keyLeft', t('tv.doSettings')]]} />
        </div>
      </div>
    </div>
  );
}
