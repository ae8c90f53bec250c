import type { Channel, Programme } from './api';
import type { Status } from './player/player';
import type { Saved } from './saved';

/** View is the page that the keys go to. The picture plays on under all of them. */
export type View = 'live' | 'list' | 'guide' | 'settings' | 'playback';

/** Playing is a programme out of the archive: past, or the running one from its beginning. */
export interface Playing {
  programme: Programme;
  kind: 'archive' | 'growing';
}

/** Guide is one channel's day on the guide page. */
export interface Guide {
  channel: string;
  day: number; // from today
  programmes: Programme[] | null; // null while it is fetched
  failed: boolean;
  focus: number;
}

/** State is all that the page shows. */
export interface State {
  view: View;
  dialog: 'running' | 'ended' | null;
  dialogFocus: number;
  bar: boolean;
  channels: Channel[];
  station: string;
  reached: boolean; // false until the server has given its channels
  current: string; // the channel tuned to
  listFocus: number;
  guide: Guide;
  playing: Playing | null;
  position: number;
  duration: number;
  seekTo: number | null;
  status: Status;
  paused: boolean;
  muted: boolean;
  digits: string;
  toast: string;
  settingsFocus: number;
  saved: Saved;
}

export function channelOf(state: State, id: string): Channel | undefined {
  return state.channels.filter((channel) => channel.id === id)[0];
}
