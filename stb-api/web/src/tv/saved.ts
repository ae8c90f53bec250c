/** Saved is what the box remembers of its viewer. */
export interface Saved {
  channel: string;
  size: 0 | 1 | 2;
  panel: number; // seconds until a panel over the picture goes; 0 for never
  language: 'zh' | 'en';
}

const name = 'podium.tv';
const first: Saved = { channel: '', size: 0, panel: 15, language: 'zh' };

export const panelTimes = [15, 30, 60, 0];

/** recall never fails: boxes forbid storage, or hold what an older page wrote. */
export function recall(): Saved {
  const saved: Saved = { ...first };
  try {
    const kept = JSON.parse(localStorage.getItem(name) || '{}') as Partial<Saved>;
    if (typeof kept.channel === 'string') saved.channel = kept.channel;
    if (kept.size === 0 || kept.size === 1 || kept.size === 2) saved.size = kept.size;
    if (typeof kept.panel === 'number' && panelTimes.indexOf(kept.panel) >= 0) saved.panel = kept.panel;
    if (kept.language === 'zh' || kept.language === 'en') saved.language = kept.language;
  } catch {
    return saved;
  }
  return saved;
}

export function keep(saved: Saved): void {
  try {
    localStorage.setItem(name, JSON.stringify(saved));
  } catch {
    // The choice then holds until the box is switched off.
  }
}
