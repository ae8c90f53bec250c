import { get } from './api';
import type { Channel, ChannelsAnswer, GuideAnswer, NowAnswer, Programme } from './api';
import { dayFromToday, dayName, daysUntil, hhmm, now, setClock, setZone } from './clock';
import type { Action } from './keys';
import { Player } from './player/player';
import { keep, panelTimes, recall } from './saved';
import { channelOf } from './state';
import type { State, View } from './state';
import { speak, t } from '../text/text';

const second = 1000;
const numberWindow = 2.5 * second;
const furthestDay = 7;

/** Television is the set-top page: it turns keys into what is shown and played. */
export class Television {
  state: State;
  readonly player: Player;
  private trail: View[] = [];
  private timers: Record<string, number> = {};
  private seekSteps = 0;
  private asked = 0;

  constructor(screen: HTMLElement, private readonly changed: () => void) {
    const saved = recall();
    speak(saved.language);
    this.state = {
      view: 'live', dialog: null, dialogFocus: 0, bar: true, channels: [], station: '', reached: false, current: '',
      listFocus: 0, guide: { channel: '', day: 0, programmes: null, failed: false, focus: 0 }, playing: null,
      position: 0, duration: 0, seekTo: null, status: 'opening', paused: false, muted: false, digits: '', toast: '',
      settingsFocus: 0, saved,
    };
    this.player = new Player(screen, {
      status: (status) => {
        this.set({ status });
        if (status === 'ended') this.ended();
      },
      muted: () => this.set({ muted: true }),
    });
  }

  start(): void {
    void this.player.start().catch(() => this.set({ status: 'unsupported' }));
    this.fetchChannels();
    window.setInterval(() => this.tick(), 500);
  }

  /** press does what a key means where the viewer is. */
  press(action: Action, repeated: boolean): void {
    if (action === 'event') {
      this.player.event();
      return;
    }
    this.stay();
    if (this.state.toast) this.set({ toast: '' });
    if (/^[0-9]$/.test(action)) {
      this.digit(action);
      return;
    }
    if (this.state.digits && (action === 'ok' || action === 'back')) {
      if (action === 'ok') this.tuneNumber();
      else this.set({ digits: '' });
      return;
    }
    if (this.state.muted && action === 'ok' && !this.state.dialog && (this.state.view === 'live' || this.state.view === 'playback')) {
      this.player.unmute();
      this.set({ muted: false });
      return;
    }
    if (action === 'home') {
      this.home();
      return;
    }
    if (this.state.dialog) {
      this.pressDialog(action);
      return;
    }
    if (action === 'settings' && this.state.view !== 'settings') {
      this.open('settings', { settingsFocus: 0 });
      return;
    }
    if (action === 'guide' && this.state.view !== 'guide') {
      this.openGuide(this.state.view === 'list' ? this.focusedChannel() : this.state.current);
      return;
    }
    switch (this.state.view) {
      case 'live': this.pressLive(action); break;
      case 'list': this.pressList(action); break;
      case 'guide': this.pressGuide(action, repeated); break;
      case 'settings': this.pressSettings(action); break;
      case 'playback': this.pressPlayback(action, repeated); break;
    }
  }

  private pressLive(action: Action): void {
    switch (action) {
      case 'up': case 'channelUp': case 'pageUp': this.zap(1); break;
      case 'down': case 'channelDown': case 'pageDown': this.zap(-1); break;
      case 'ok': case 'left': this.openList(); break;
      case 'right': this.openGuide(this.state.current); break;
      case 'info': this.set({ bar: !this.state.bar }); break;
      case 'back': this.set({ bar: false }); break;
      default: this.set({ bar: true });
    }
  }

  private pressList(action: Action): void {
    const last = this.state.channels.length - 1;
    switch (action) {
      case 'up': this.set({ listFocus: Math.max(0, this.state.listFocus - 1) }); break;
      case 'down': this.set({ listFocus: Math.min(last, this.state.listFocus + 1) }); break;
      case 'pageUp': this.set({ listFocus: Math.max(0, this.state.listFocus - this.rows()) }); break;
      case 'pageDown': this.set({ listFocus: Math.min(last, this.state.listFocus + this.rows()) }); break;
      case 'channelUp': this.zap(1); break;
      case 'channelDown': this.zap(-1); break;
      case 'ok': {
        const chosen = this.focusedChannel();
        this.trail = [];
        this.set({ view: 'live', bar: true });
        if (chosen !== this.state.current) this.tune(chosen);
        break;
      }
      case 'right': this.openGuide(this.focusedChannel()); break;
      case 'left': this.open('settings', { settingsFocus: 0 }); break;
      case 'back': this.back(); break;
    }
  }

  private pressGuide(action: Action, repeated: boolean): void {
    const guide = this.state.guide;
    const last = Math.max(0, (guide.programmes || []).length - 1);
    const focus = (to: number): void => this.set({ guide: { ...guide, focus: Math.max(0, Math.min(last, to)) } });
    switch (action) {
      case 'up': focus(guide.focus - 1); break;
      case 'down': focus(guide.focus + 1); break;
      case 'pageUp': focus(guide.focus - this.rows()); break;
      case 'pageDown': focus(guide.focus + this.rows()); break;
      case 'left': if (!repeated) this.turnDay(-1); break;
      case 'right': if (!repeated) this.turnDay(1); break;
      case 'channelUp': this.guideChannel(1); break;
      case 'channelDown': this.guideChannel(-1); break;
      case 'ok': this.choose(); break;
      case 'back': case 'guide': this.back(); break;
    }
  }

  private pressSettings(action: Action): void {
    switch (action) {
      case 'up': this.set({ settingsFocus: Math.max(0, this.state.settingsFocus - 1) }); break;
      case 'down': this.set({ settingsFocus: Math.min(2, this.state.settingsFocus + 1) }); break;
      case 'left': this.change(-1, false); break;
      case 'right': this.change(1, false); break;
      case 'ok': this.change(1, true); break;
      case 'back': case 'settings': this.back(); break;
    }
  }

  private pressPlayback(action: Action, repeated: boolean): void {
    switch (action) {
      case 'ok': case 'playPause': this.pause(!this.state.paused); break;
      case 'play': this.pause(false); break;
      case 'pause': this.pause(true); break;
      case 'left': case 'rewind': this.seekBy(-1, repeated); break;
      case 'right': case 'forward': this.seekBy(1, repeated); break;
      case 'channelUp': case 'channelDown': {
        this.home();
        this.zap(action === 'channelUp' ? 1 : -1);
        break;
      }
      case 'back': case 'stop': this.leavePlayback(); break;
      case 'info': this.set({ bar: !this.state.bar }); break;
      default: this.set({ bar: true });
    }
  }

  private pressDialog(action: Action): void {
    const ended = this.state.dialog === 'ended';
    const next = ended ? this.nextToPlay() : null;
    const buttons = ended && !next ? 1 : 2;
    switch (action) {
      case 'left': case 'up': this.set({ dialogFocus: Math.max(0, this.state.dialogFocus - 1) }); break;
      case 'right': case 'down': this.set({ dialogFocus: Math.min(buttons - 1, this.state.dialogFocus + 1) }); break;
      case 'back':
        this.set({ dialog: null });
        if (ended) this.leavePlayback();
        break;
      case 'ok': {
        const first = this.state.dialogFocus === 0;
        this.set({ dialog: null });
        if (ended) {
          if (next && first) this.play(next, next.state === 'past' ? 'archive' : 'growing');
          else this.home();
          break;
        }
        const running = this.focusedProgramme();
        if (first) {
          const channel = this.state.guide.channel;
          this.home();
          if (channel !== this.state.current) this.tune(channel);
        } else if (running) {
          this.play(running, 'growing');
        }
        break;
      }
    }
  }

  /** choose is OK on the guide's focused programme. */
  private choose(): void {
    const guide = this.state.guide;
    const programme = this.focusedProgramme();
    if (!programme) {
      if (guide.failed) this.fetchGuide(guide.channel, guide.day);
      return;
    }
    switch (stateOf(programme)) {
      case 'past':
        if (programme.play) this.play(programme, 'archive');
        else this.toast(t('tv.noArchiveSaid'));
        break;
      case 'now':
        if (programme.play) this.set({ dialog: 'running', dialogFocus: 0 });
        else {
          this.home();
          if (guide.channel !== this.state.current) this.tune(guide.channel);
        }
        break;
      case 'future': this.toast(t('tv.startsAt', programme.title, whenOf(programme.start))); break;
    }
  }

  private play(programme: Programme, kind: 'archive' | 'growing'): void {
    const url = programme.play;
    if (!url) return;
    if (this.state.view !== 'playback') this.trail.push(this.state.view);
    const duration = (Date.parse(programme.end) - Date.parse(programme.start)) / second;
    this.set({ view: 'playback', bar: true, playing: { programme, kind }, position: 0, duration, seekTo: null, paused: false, dialog: null });
    this.player.load({ url, mono: monoForm(url), kind });
  }

  private pause(paused: boolean): void {
    if (this.state.status === 'ended') return;
    if (paused) this.player.pause();
    else this.player.play();
    this.set({ paused, bar: true });
  }

  /** seekBy moves by 10 s, then by 30 and 60 while the key is held, and jumps when it is let go. */
  private seekBy(way: 1 | -1, repeated: boolean): void {
    this.seekSteps = repeated || this.timers['seek'] ? this.seekSteps + 1 : 0;
    const step = this.seekSteps >= 16 ? 60 : this.seekSteps >= 6 ? 30 : 10;
    const from = this.state.seekTo === null ? this.player.position() : this.state.seekTo;
    const to = Math.max(0, Math.min(this.reach(), from + way * step));
    this.set({ seekTo: to, bar: true });
    this.later('seek', 500, () => {
      const target = this.state.seekTo;
      if (target === null) return;
      this.player.seek(target);
      this.set({ seekTo: null, position: target });
    });
  }

  /** reach is the last second that can be jumped to. */
  private reach(): number {
    const loaded = this.player.length();
    const end = loaded > 0 ? Math.min(this.state.duration, loaded) : this.state.duration;
    return Math.max(0, end - (this.state.playing && this.state.playing.kind === 'growing' ? 12 : 3));
  }

  private ended(): void {
    if (this.state.view !== 'playback') {
      // A live playlist that says it has ended: the channel will come back on the same address.
      this.later('again', 5 * second, () => { if (!this.state.playing) this.tune(this.state.current); });
      return;
    }
    this.set({ dialog: 'ended', dialogFocus: 0, bar: false, seekTo: null });
  }

  /** nextToPlay is what follows the programme just seen, if it can be played. */
  nextToPlay(): Programme | null {
    const playing = this.state.playing;
    const list = this.state.guide.programmes;
    if (!playing || !list) return null;
    const end = Date.parse(playing.programme.end);
    const next = list.filter((p) => Date.parse(p.start) >= end)[0];
    return next && next.play && stateOf(next) !== 'future' ? next : null;
  }

  private leavePlayback(): void {
    const view = this.trail.pop() || 'live';
    this.set({ view, playing: null, dialog: null, bar: view === 'live', seekTo: null, paused: false });
    this.resumeLive();
  }

  /** home is full-screen live, from anywhere. */
  private home(): void {
    const wasPlaying = this.state.playing !== null;
    this.trail = [];
    this.set({ view: 'live', dialog: null, bar: true, playing: null, seekTo: null, paused: false, digits: '' });
    if (wasPlaying) this.resumeLive();
  }

  private open(view: View, more: Partial<State> = {}): void {
    if (this.state.view !== view) this.trail.push(this.state.view);
    this.set({ ...more, view });
  }

  private back(): void {
    const view = this.trail.pop() || 'live';
    this.set({ view, bar: view === 'playback' });
  }

  private openList(): void {
    this.open('list', { listFocus: Math.max(0, indexOf(this.state.channels, this.state.current)), bar: false });
  }

  private openGuide(channel: string): void {
    if (!channel) return;
    this.open('guide', { bar: false });
    this.fetchGuide(channel, 0);
  }

  private turnDay(by: number): void {
    const guide = this.state.guide;
    const day = Math.max(-this.daysBack(), Math.min(furthestDay, guide.day + by));
    if (day !== guide.day) this.fetchGuide(guide.channel, day);
  }

  private guideChannel(by: number): void {
    const next = this.state.channels[indexOf(this.state.channels, this.state.guide.channel) + by];
    if (next) this.fetchGuide(next.id, this.state.guide.day);
  }

  /** daysBack is how far the guide's channel keeps its archive, in days before today. */
  daysBack(): number {
    const channel = channelOf(this.state, this.state.guide.channel);
    return Math.min(30, Math.max(1, Math.ceil((channel ? channel.archiveHours : 0) / 24)));
  }

  /** rows is how many rows of a list fit at the chosen size of text. */
  rows(): number {
    return [6, 5, 4][this.state.saved.size] || 6;
  }

  /** change moves the focused setting; OK goes round, because it has no other way back. */
  private change(by: number, round: boolean): void {
    const saved = { ...this.state.saved };
    const pick = (at: number, count: number): number => {
      const to = at + by;
      return round ? (to + count) % count : Math.max(0, Math.min(count - 1, to));
    };
    if (this.state.settingsFocus === 0) saved.size = pick(saved.size, 3) as 0 | 1 | 2;
    if (this.state.settingsFocus === 1) saved.panel = panelTimes[pick(panelTimes.indexOf(saved.panel), panelTimes.length)] as number;
    if (this.state.settingsFocus === 2) {
      saved.language = pick(saved.language === 'zh' ? 0 : 1, 2) === 0 ? 'zh' : 'en';
      speak(saved.language);
    }
    keep(saved);
    this.set({ saved });
  }

  private zap(by: number): void {
    const next = this.state.channels[indexOf(this.state.channels, this.state.current) + by];
    if (next) {
      this.tune(next.id);
      if (this.state.view === 'list') this.set({ listFocus: indexOf(this.state.channels, next.id) });
    } else {
      this.set({ bar: this.state.view === 'live' });
      this.toast(t(by > 0 ? 'tv.lastChannel' : 'tv.firstChannel'));
    }
  }

  private digit(digit: string): void {
    this.set({ digits: (this.state.digits + digit).slice(-4) });
    this.later('number', numberWindow, () => this.tuneNumber());
  }

  private tuneNumber(): void {
    clearTimeout(this.timers['number']);
    const digits = this.state.digits;
    if (!digits) return;
    const found = this.state.channels.filter((channel) => channel.number === Number(digits))[0];
    this.set({ digits: '' });
    if (!found) {
      this.toast(t('tv.noChannel', Number(digits)));
      return;
    }
    const same = found.id === this.state.current;
    this.home();
    if (!same) this.tune(found.id);
  }

  private tune(id: string): void {
    const saved = { ...this.state.saved, channel: id };
    keep(saved);
    this.set({ current: id, saved, bar: this.state.view === 'live', playing: null });
    // Zapping through ten channels should open the one stopped at, not ten.
    this.set({ status: 'opening' });
    this.later('tune', 250, () => this.resumeLive());
  }

  private resumeLive(): void {
    clearTimeout(this.timers['tune']);
    const channel = channelOf(this.state, this.state.current);
    if (channel) this.player.load({ url: channel.live, mono: channel.mono, kind: 'live' });
  }

  /** stay puts off the hiding of panels: a key was pressed. */
  private stay(): void {
    clearTimeout(this.timers['panel']);
    const seconds = this.state.saved.panel;
    if (seconds === 0) return;
    this.later('panel', seconds * second, () => {
      if (this.state.view === 'list') {
        this.trail = [];
        this.set({ view: 'live', bar: false });
      } else if (!this.state.paused && !this.state.dialog && this.state.seekTo === null) {
        this.set({ bar: false });
      }
    });
  }

  private toast(text: string): void {
    this.set({ toast: text });
    this.later('toast', 6 * second, () => this.set({ toast: '' }));
  }

  private later(name: string, wait: number, act: () => void): void {
    clearTimeout(this.timers[name]);
    this.timers[name] = window.setTimeout(() => {
      this.timers[name] = 0;
      act();
    }, wait);
  }

  private set(patch: Partial<State>): void {
    const before = this.state;
    this.state = { ...before, ...patch };
    if (this.state.bar && !before.bar) this.stay();
    this.changed();
  }

  private tick(): void {
    const { playing, seekTo } = this.state;
    if (!playing) {
      this.changed(); // The clock and the progress lines move on.
      return;
    }
    const position = this.player.position();
    this.set(seekTo === null ? { position } : {});
    // A programme seen from its start goes on into the next one: its own end is where to ask.
    const over = position >= this.state.duration && this.state.duration > 0 && this.state.status === 'playing';
    if (over && playing.kind === 'growing' && !this.state.dialog) {
      this.player.pause();
      this.ended();
    }
  }

  private fetchChannels(): void {
    get<ChannelsAnswer>('/api/v1/channels').then(({ body, date, took }) => {
      setClock(body.serverTime, date, took);
      setZone(body.zoneOffset);
      const first = !this.state.reached;
      this.set({ channels: body.channels.slice().sort((a, b) => a.number - b.number), station: body.station, reached: true });
      if (!channelOf(this.state, this.state.current)) {
        const boot = channelOf(this.state, asked()) || channelOf(this.state, this.state.saved.channel) || this.state.channels[0];
        if (boot) {
          this.set({ current: boot.id, bar: true });
          this.resumeLive();
        }
      }
      if (first) this.stay();
      this.later('channels', 300 * second * spread(), () => this.fetchChannels());
      this.later('now', 30 * second * spread(), () => this.fetchNow());
    }, () => {
      this.later('channels', 3 * second * spread(), () => this.fetchChannels());
      this.changed();
    });
  }

  private fetchNow(): void {
    get<NowAnswer>('/api/v1/now').then(({ body, date, took }) => {
      setClock(body.serverTime, date, took);
      const channels = this.state.channels.map((channel) => {
        const found = body.channels[channel.id];
        return found ? { ...channel, now: found.now, next: found.next } : channel;
      });
      this.set({ channels });
    }, () => undefined).then(() => this.later('now', 30 * second * spread(), () => this.fetchNow()));
  }

  private fetchGuide(channel: string, day: number): void {
    const asked = ++this.asked;
    this.set({ guide: { channel, day, programmes: null, failed: false, focus: 0 } });
    get<GuideAnswer>(`/api/v1/channels/${encodeURIComponent(channel)}/guide?date=${dayFromToday(day)}`).then(({ body, date, took }) => {
      if (asked !== this.asked) return;
      setClock(body.serverTime, date, took);
      const programmes = body.programmes;
      this.set({ guide: { channel, day, programmes, failed: false, focus: firstFocus(programmes, day) } });
    }, () => {
      if (asked === this.asked) this.set({ guide: { channel, day, programmes: [], failed: true, focus: 0 } });
    });
  }

  focusedChannel(): string {
    const channel = this.state.channels[this.state.listFocus];
    return channel ? channel.id : this.state.current;
  }

  focusedProgramme(): Programme | null {
    return (this.state.guide.programmes || [])[this.state.guide.focus] || null;
  }
}

/** asked is the channel that the address names, "/tv/?channel=edu1": a box can be sent to one. */
function asked(): string {
  const found = /[?&]channel=([^&]*)/.exec(location.search);
  try {
    return found ? decodeURIComponent(found[1] || '') : '';
  } catch {
    return '';
  }
}

/** stateOf goes by the clock, not by the answer: a guide stays open while programmes begin and end. */
export function stateOf(programme: Programme): 'past' | 'now' | 'future' {
  const at = now();
  if (Date.parse(programme.end) <= at) return 'past';
  return Date.parse(programme.start) <= at ? 'now' : 'future';
}

/** whenOf says a time as people do: "今天 19:00". */
export function whenOf(start: string): string {
  return dayName(daysUntil(Date.parse(start))) + ' ' + hhmm(start);
}

/** firstFocus is what is on now, and on another day what was on at this hour: nobody looks for midnight first. */
function firstFocus(programmes: Programme[], day: number): number {
  const at = now() + day * 86_400 * second;
  let focus = 0;
  programmes.forEach((programme, i) => {
    if (Date.parse(programme.start) <= at) focus = i;
  });
  return focus;
}

/** monoForm is the muxed form of an archive's address. */
export function monoForm(url: string): string {
  return url.replace(/\/([^/]+)$/, (_, file: string) => '/' + (file.indexOf('mono') === 0 ? file : 'mono-' + file));
}

function indexOf(channels: Channel[], id: string): number {
  for (let i = 0; i < channels.length; i++) {
    const channel = channels[i];
    if (channel && channel.id === id) return i;
  }
  return -1;
}

/** spread keeps a thousand boxes that came up together from asking together. */
function spread(): number {
  return 0.8 + Math.random() * 0.4;
}
