import type { Television } from '../television';
import { Announce } from './announce';
import { ChannelList } from './channels';
import { Dialog } from './dialog';
import { GuidePage } from './guide';
import { LiveBar } from './live';
import { PlaybackBar } from './playback';
import { Settings } from './settings';
import { Signal } from './signal';

const sizes = ['', 'large', 'huge'];

/** Page is everything that lies over the picture. */
export function Page({ television }: { television: Television }) {
  const { state } = television;
  const full = state.view === 'guide';
  return (
    <div class={'stage ' + (sizes[state.saved.size] || '') + (full ? ' guiding' : '')} data-test="stage" data-view={state.view}>
      {full ? null : <Signal state={state} />}
      {state.view === 'live' && state.bar && state.reached ? <LiveBar state={state} /> : null}
      {state.view === 'playback' && state.bar ? <PlaybackBar state={state} /> : null}
      {state.view === 'list' ? <ChannelList state={state} rows={television.rows()} /> : null}
      {state.view === 'guide' ? <GuidePage television={television} /> : null}
      {state.view === 'settings' ? <Settings state={state} /> : null}
      {state.dialog ? <Dialog television={television} /> : null}
      {state.digits ? <div class="digits" data-test="digits">{state.digits}</div> : null}
      {state.toast ? <div class="toast" data-test="toast"><span>{state.toast}</span></div> : null}
      <Announce television={television} />
    </div>
  );
}
