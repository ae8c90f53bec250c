import { t } from '../text/text';
import type { State } from './api';

/** StateMark says how a feed or one of its inputs is, in a colour and in a word. */
export function StateMark({ state }: { state: State }) {
  const word = { online: t('console.online'), waiting: t('console.waiting'), offline: t('console.offline'), idle: t('console.idle') }[state];
  return <span class={'state ' + state}><i />{word}</span>;
}
