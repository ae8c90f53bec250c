import { render } from 'preact';
import { clockOffset } from './clock';
import { listen } from './keys';
import { channelOf } from './state';
import { Television } from './television';
import { Page } from './view/page';

const page = document.getElementById('page') as HTMLElement;
const picture = document.getElementById('picture') as HTMLElement;

// All sizes are in rem, and 1 rem is 100 px of a 1920 x 1080 page, whatever the box's page is.
function scale(): void {
  const unit = Math.min(window.innerWidth / 19.2, window.innerHeight / 10.8);
  document.documentElement.style.fontSize = unit + 'px';
  place();
}

// The picture goes where the page keeps a hole for it.
let placed = '';
function place(): void {
  const hole = document.getElementById('hole');
  const box = hole ? hole.getBoundingClientRect() : null;
  const where = box ? [box.left, box.top, box.width, box.height].join() : '';
  if (where === placed) return;
  placed = where;
  television.player.place(box);
}

let drawn = false;
const television = new Television(picture, () => {
  if (drawn) return;
  drawn = true;
  // Many changes in one turn are one drawing.
  Promise.resolve().then(() => {
    drawn = false;
    render(<Page television={television} />, page);
    place();
  });
});

/**
 * window.__podium is for tests and for people who look after boxes: what the page is doing, in plain values.
 */
Object.defineProperty(window, '__podium', {
  get: () => {
    const { state, player } = television;
    const channel = channelOf(state, state.current);
    const video = document.getElementById('video') as HTMLVideoElement | null;
    return {
      view: state.view,
      dialog: state.dialog,
      mode: state.playing ? (state.playing.kind === 'growing' ? 'startover' : 'catchup') : 'live',
      channel: state.current,
      number: channel ? channel.number : 0,
      programme: state.playing ? state.playing.programme.id : null,
      status: state.status,
      tech: player.tech,
      paused: state.paused,
      muted: state.muted,
      bar: state.bar,
      digits: state.digits,
      toast: state.toast,
      position: player.position(),
      duration: state.duration,
      currentTime: video ? video.currentTime : 0,
      reopened: player.reopened,
      guide: { channel: state.guide.channel, day: state.guide.day, focus: state.guide.focus, count: state.guide.programmes ? state.guide.programmes.length : -1 },
      listFocus: state.listFocus,
      textSize: state.saved.size,
      clockOffset: clockOffset(),
    };
  },
});

window.addEventListener('resize', scale);
scale();
listen((action, repeated) => television.press(action, repeated));
television.start();
render(<Page television={television} />, page);
