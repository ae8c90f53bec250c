import type { Television } from '../television';
import { t } from '../../text/text';
import { Hints } from './parts';

/** Dialog is a choice of at most two large buttons; Back always leaves it. */
export function Dialog({ television }: { television: Television }) {
  const { state } = television;
  const ended = state.dialog === 'ended';
  const subject = ended ? (state.playing ? state.playing.programme : null) : television.focusedProgramme();
  const next = ended ? television.nextToPlay() : null;
  const buttons = ended
    ? (next ? [t('tv.playNext', next.title)] : []).concat([t('tv.toLive')])
    : [t('tv.toLive'), t('tv.toStart')];
  const does = next && state.dialogFocus === 0 ? t('tv.doNext') : buttons[state.dialogFocus] || '';
  return (
    <div class="over">
      <div class="dialog" data-test="dialog" data-dialog={state.dialog || ''}>
        <div class="where">{ended ? t('tv.ended') : t('tv.running')}</div>
        <div class="title">{subject ? subject.title : ''}</div>
        <div class="buttons">
          {buttons.map((label, i) => (
            <div class={'button' + (i === state.dialogFocus ? ' focus' : '')} key={i} data-test="dialog-button" data-focus={i === state.dialogFocus ? '1' : '0'}>{label}</div>
          ))}
        </div>
        <Hints keys={[['tv.keyOK', does], ['tv.keyBack', ended ? t('tv.doGuideBack') : t('tv.doBack')]]} />
      </div>
    </div>
  );
}
