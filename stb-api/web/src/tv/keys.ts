import { get } from './api';

/** Action is what a key of a remote control means. */
export type Action =
  | 'up' | 'down' | 'left' | 'right' | 'ok' | 'back' | 'channelUp' | 'channelDown' | 'pageUp' | 'pageDown'
  | 'home' | 'guide' | 'settings' | 'info' | 'playPause' | 'play' | 'pause' | 'stop' | 'forward' | 'rewind' | 'event'
  | '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

// The codes of CTC/CUC boxes, HbbTV, webOS, Tizen and keyboards that do not contradict each other; the
// server's table comes on top of them.
const builtIn: Record<number, Action> = {
  38: 'up', 40: 'down', 37: 'left', 39: 'right', 13: 'ok', 32: 'ok',
  8: 'back', 27: 'back', 24: 'back', 340: 'back', 461: 'back', 10009: 'back', 166: 'back',
  33: 'pageUp', 34: 'pageDown', 257: 'channelUp', 258: 'channelDown', 427: 'channelUp', 428: 'channelDown',
  272: 'home', 36: 'home', 275: 'home', 403: 'home', 276: 'guide', 404: 'guide', 277: 'settings', 405: 'settings', 83: 'settings',
  112: 'guide', 458: 'guide', 280: 'guide', 181: 'guide', 93: 'guide', 71: 'guide',
  268: 'info', 457: 'info', 278: 'info', 406: 'info', 73: 'info',
  263: 'playPause', 179: 'playPause', 10252: 'playPause', 415: 'play', 19: 'pause', 413: 'stop', 270: 'stop',
  264: 'forward', 417: 'forward', 265: 'rewind', 412: 'rewind',
  768: 'event',
};

// Other names that a key table may use for the same things.
const aliases: Record<string, Action> = {
  enter: 'ok', select: 'ok', return: 'back', exit: 'back', escape: 'back',
  chup: 'channelUp', channelup: 'channelUp', chplus: 'channelUp', chdown: 'channelDown', channeldown: 'channelDown', chminus: 'channelDown',
  pageup: 'pageUp', pagedown: 'pageDown', page_up: 'pageUp', page_down: 'pageDown',
  live: 'home', watch: 'home', watchtv: 'home', red: 'home', portal: 'home',
  epg: 'guide', menu: 'guide', green: 'guide', yellow: 'settings', setup: 'settings', blue: 'info',
  playpause: 'playPause', fastforward: 'forward', ff: 'forward', next: 'forward', fastrewind: 'rewind', rew: 'rewind', backward: 'rewind',
  virtual: 'event', virtualevent: 'event',
};

const names = new Set<string>([
  'up', 'down', 'left', 'right', 'ok', 'back', 'channelUp', 'channelDown', 'pageUp', 'pageDown', 'home', 'guide', 'settings', 'info',
  'playPause', 'play', 'pause', 'stop', 'forward', 'rewind', 'event', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
]);

function actionNamed(name: string): Action | null {
  if (names.has(name)) return name as Action;
  const plain = name.toLowerCase().replace(/[-_ +]/g, '');
  if (names.has(plain)) return plain as Action;
  const digit = /^(?:digit|num|key)?([0-9])$/.exec(plain);
  if (digit) return digit[1] as Action;
  return aliases[plain] ?? aliases[name.toLowerCase()] ?? null;
}

const repeatable: Record<string, boolean> = { up: true, down: true, left: true, right: true, pageUp: true, pageDown: true, forward: true, rewind: true };

// A held key comes again well within this; boxes that send no keyup are told from held keys by it.
const heldWithin = 700;

/**
 * listen calls press for every key of the remote. A held key counts once, except where it moves a focus,
 * because an elderly hand presses long when it means to press once.
 */
export function listen(press: (action: Action, repeated: boolean) => void): void {
  const table: Record<number, Action> = {};
  for (const code of Object.keys(builtIn)) table[Number(code)] = builtIn[Number(code)] as Action;
  for (let digit = 0; digit <= 9; digit++) table[48 + digit] = table[96 + digit] = String(digit) as Action;

  get<{ keys: Record<string, string> }>('/api/v1/keymap').then(
    ({ body }) => {
      for (const code of Object.keys(body.keys)) {
        const action = actionNamed(String(body.keys[code]));
        if (action) table[Number(code)] = action;
      }
    },
    () => undefined, // The built-in table stands.
  );

  let held = -1;
  let heldAt = 0;
  const down = (event: KeyboardEvent): void => {
    const code = event.which || event.keyCode;
    const action = table[code];
    if (!action || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const at = Date.now();
    const repeated = event.repeat || (held === code && at - heldAt < heldWithin);
    held = code;
    heldAt = at;
    if (repeated && !repeatable[action]) return;
    press(action, repeated);
  };
  document.addEventListener('keydown', down, true);
  document.addEventListener('keyup', () => { held = -1; }, true);
}
