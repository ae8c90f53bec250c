import type { Deck, Report, Source } from './deck';

// The media player object of China Telecom's and Unicom's set-top browsers.
interface MediaPlayer {
  getNativePlayerInstanceID(): number;
  initMediaPlayer(...settings: number[]): void;
  setSingleMedia(media: string): void;
  setVideoDisplayMode(mode: number): void;
  setVideoDisplayArea(left: number, top: number, width: number, height: number): void;
  refreshVideoDisplay(): void;
  setNativeUIFlag(flag: number): void;
  setAllowTrickmodeFlag(flag: number): void;
  setMuteFlag?(flag: number): void;
  playFromStart(): void;
  playByTime(type: number, time: number, speed: number): void;
  pause(): void;
  resume(): void;
  stop(): void;
  getCurrentPlayTime(): string | number;
  getMediaDuration(): string | number;
  releaseMediaPlayer(id: number): void;
}

interface Box {
  MediaPlayer?: new () => MediaPlayer;
  Utility?: { getEvent?: () => string };
}

export function ctcFits(): boolean {
  return typeof (window as unknown as Box).MediaPlayer === 'function';
}

/** CtcDeck plays on the box's own video plane, which lies under the page. */
export class CtcDeck implements Deck {
  readonly tech = 'ctc' as const;
  private readonly player: MediaPlayer;
  private readonly id: number;
  private playing = false;

  constructor(private readonly report: Report) {
    const Constructor = (window as unknown as Box).MediaPlayer;
    if (!Constructor) throw new Error('this browser has no MediaPlayer');
    this.player = new Constructor();
    this.id = this.player.getNativePlayerInstanceID();
    // playlist off, full screen, size and place, sound on, no interface of its own, opaque, play once.
    this.player.initMediaPlayer(this.id, 0, 1, screen.height, screen.width, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    this.player.setNativeUIFlag(0);
    this.player.setAllowTrickmodeFlag(0);
    document.documentElement.className += ' plane';
    window.addEventListener('unload', () => {
      this.player.stop();
      this.player.releaseMediaPlayer(this.id);
    });
  }

  open(source: Source, from: number): void {
    const url = location.protocol + '//' + location.host + source.mono;
    const media = {
      mediaUrl: url, mediaCode: 'podium', mediaType: source.kind === 'live' ? 1 : 2, audioType: 1, videoType: 1, streamType: 1,
      drmType: 1, fingerPrint: 0, copyProtection: 1, allowTrickmode: 1, startTime: 0, endTime: 20000, entryID: 'podium',
    };
    this.player.setSingleMedia(JSON.stringify([media]));
    if (from > 0) this.player.playByTime(1, Math.floor(from), 1);
    else this.player.playFromStart();
    this.playing = true;
  }

  close(): void {
    this.playing = false;
    this.player.stop();
  }

  play(): void {
    this.player.resume();
  }

  pause(): void {
    this.player.pause();
  }

  seek(seconds: number): void {
    this.player.playByTime(1, Math.floor(seconds), 1);
  }

  position(): number {
    return Number(this.player.getCurrentPlayTime()) || 0;
  }

  length(): number {
    return Number(this.player.getMediaDuration()) || 0;
  }

  sound(on: boolean): void {
    if (this.player.setMuteFlag) this.player.setMuteFlag(on ? 0 : 1);
  }

  place(box: { left: number; top: number; width: number; height: number } | null): void {
    if (box) {
      this.player.setVideoDisplayArea(Math.round(box.left), Math.round(box.top), Math.round(box.width), Math.round(box.height));
      this.player.setVideoDisplayMode(0);
    } else {
      this.player.setVideoDisplayMode(1);
    }
    this.player.refreshVideoDisplay();
  }

  /** event reads what the virtual key 768 announces. */
  event(): void {
    const utility = (window as unknown as Box).Utility;
    if (!this.playing || !utility || !utility.getEvent) return;
    let type = '';
    try {
      type = String((JSON.parse(utility.getEvent()) as { type?: string }).type);
    } catch {
      return; // Some boxes announce events and then have none.
    }
    if (type === 'EVENT_MEDIA_END') this.report.ended();
    if (type === 'EVENT_MEDIA_ERROR') this.report.broken(type);
  }
}
