import { CtcDeck, ctcFits } from './ctc';
import type { Deck, Report, Source } from './deck';
import { native, nativeFits } from './native';
import { VideoDeck } from './video';

/** Status is what the viewer should be told of the picture. */
export type Status = 'idle' | 'opening' | 'playing' | 'paused' | 'waiting' | 'lost' | 'ended' | 'unsupported';

export interface Listener {
  status(status: Status): void;
  muted(): void;
}

// Seconds without movement until the viewer is told, and until the source is opened again.
const tellAfter = 3;
const reopenAfter = 10;
const longestReopen = 30;

/** Player keeps one source playing: it watches that the picture moves, and opens the source again when it does not. */
export class Player {
  status: Status = 'idle';
  muted = false;
  reopened = 0;
  private deck: Deck | null = null;
  private source: Source | null = null;
  private wanted = true;
  private last = -1;
  private still = 0;
  private patience = reopenAfter;
  private resumeAt = 0;
  private box: { left: number; top: number; width: number; height: number } | null = null;

  constructor(private readonly screen: HTMLElement, private readonly listener: Listener) {}

  /** start chooses the deck: the box's own player, then the browser's, then hls.js, which comes only where it is needed. */
  start(): Promise<void> {
    const report: Report = {
      lost: () => { if (this.status !== 'ended') this.say('lost'); },
      broken: () => { this.still = this.patience; },
      ended: () => this.say('ended'),
      silenced: () => { this.muted = true; this.listener.muted(); },
    };
    window.setInterval(() => this.watch(), 1000);
    if (ctcFits()) return this.use(new CtcDeck(report));
    if (nativeFits()) return this.use(new VideoDeck(this.screen, native(), report));
    return import('./hls').then(({ hls }) => {
      const feed = hls();
      if (feed) return this.use(new VideoDeck(this.screen, feed, report));
      if (document.createElement('video').canPlayType('application/vnd.apple.mpegurl')) {
        return this.use(new VideoDeck(this.screen, native(), report));
      }
      this.say('unsupported');
      return undefined;
    });
  }

  get tech(): string {
    return this.deck ? this.deck.tech : '';
  }

  load(source: Source, from = 0): void {
    this.source = source;
    this.wanted = true;
    this.resumeAt = from;
    this.patience = reopenAfter;
    if (!this.deck) return;
    if (this.deck instanceof VideoDeck) {
      this.deck.close();
      this.deck.clear();
    }
    this.open(from);
    this.say('opening');
  }

  play(): void {
    this.wanted = true;
    this.still = 0;
    this.deck?.play();
    this.say('playing');
  }

  pause(): void {
    this.wanted = false;
    this.deck?.pause();
    this.say('paused');
  }

  seek(seconds: number): void {
    this.still = 0;
    this.last = -1;
    this.deck?.seek(seconds);
  }

  position(): number {
    return this.deck ? Math.max(0, this.deck.position()) : 0;
  }

  length(): number {
    return this.deck ? this.deck.length() : 0;
  }

  unmute(): void {
    this.muted = false;
    this.deck?.sound(true);
    if (this.wanted) this.deck?.play();
  }

  place(box: { left: number; top: number; width: number; height: number } | null): void {
    this.box = box;
    this.deck?.place(box);
  }

  event(): void {
    if (this.deck instanceof CtcDeck) this.deck.event();
  }

  private use(deck: Deck): Promise<void> {
    this.deck = deck;
    deck.place(this.box);
    if (this.source) this.load(this.source, this.resumeAt);
    return Promise.resolve();
  }

  private open(from: number): void {
    if (!this.deck || !this.source) return;
    this.last = -1;
    this.still = 0;
    this.deck.open(this.source, from);
  }

  private watch(): void {
    if (!this.deck || !this.source || !this.wanted || this.status === 'ended' || document.hidden) return;
    const at = this.deck instanceof VideoDeck ? this.deck.raw() : this.deck.position();
    // The first movement after opening is a jump to the edge, not yet a picture.
    if (this.last >= 0 && at > this.last && at - this.last < 5) {
      this.still = 0;
      this.patience = reopenAfter;
      this.resumeAt = this.position();
      this.say('playing');
    } else {
      this.still++;
    }
    this.last = at;
    if (this.still >= this.patience) {
      this.say('lost');
      this.reopened++;
      this.patience = Math.min(longestReopen, this.patience + reopenAfter);
      this.open(this.source.kind === 'live' ? 0 : this.resumeAt);
    } else if (this.still >= tellAfter && this.status === 'playing') {
      this.say('waiting');
    }
  }

  private say(status: Status): void {
    if (this.status === status) return;
    this.status = status;
    this.listener.status(status);
  }
}
