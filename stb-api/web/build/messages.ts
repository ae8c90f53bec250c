import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const file = fileURLToPath(new URL('../../message/messages.json', import.meta.url));

/**
 * messages gives a page the texts of its own name spaces from the one message file, as `virtual:messages`.
 * The other texts stay out, so that a new API error does not change the built pages.
 */
export function messages(...spaces: string[]): Plugin {
  const id = '\0virtual:messages';
  return {
    name: 'podium-messages',
    resolveId: (source) => (source === 'virtual:messages' ? id : null),
    load(wanted) {
      if (wanted !== id) return null;
      this.addWatchFile(file);
      const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      const kept: Record<string, unknown> = {};
      for (const key of Object.keys(all).sort()) {
        if (spaces.some((space) => key.startsWith(space + '.'))) kept[key] = all[key];
      }
      return `export default ${JSON.stringify(kept)}`;
    },
  };
}
