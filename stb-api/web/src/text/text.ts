import texts from 'virtual:messages';
import type all from '../../../message/messages.json';

/** Key names a text of the message file. */
export type Key = keyof typeof all;
/** Language is one that the message file has. */
export type Language = 'zh' | 'en';

let language: Language = 'zh';

export function speak(chosen: Language): void {
  language = chosen;
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
}

export function spoken(): Language {
  return language;
}

/** t gives the text of a key in the spoken language, with {0}, {1}... filled in. */
export function t(key: Key, ...args: (string | number)[]): string {
  const text = texts[key];
  if (!text) return key;
  return text[language].replace(/\{(\d)\}/g, (_, n: string) => String(args[Number(n)] ?? ''));
}
