import { panelTimes } from '../saved';
import type { State } from '../state';
import { t } from '../../text/text';
import { Clock, Hints } from './parts';

/** Settings are few: the size of text, how long panels stay, the language. */
export function Settings({ state }: { state: State }) {
  const { saved } = state;
  const rows: [string, string[], number][] = [
    [t('tv.textSize'), [t('tv.sizeNormal'), t('tv.sizeLarge'), t('tv.sizeHuge')], saved.size],
    [t('tv.panelTime'), panelTimes.map((s) => (s === 0 ? t('tv.never') : t('tv.seconds', s))), panelTimes.indexOf(saved.panel)],
    [t('tv.language'), ['中文', 'English'], saved.language === 'zh' ? 0 : 1],
  ];
  return (
    <div>
      <div class="corner"><Clock /></div>
      <div class="panel left" data-test="settings">
        <div class="heading"><span class="where">{t('tv.settings')}</span></div>
        <div class="rows">
          {rows.map(([name, choices, chosen], i) => (
            <div class={'row setting' + (i === state.settingsFocus ? ' focus' : '')} key={i} data-test="setting" data-focus={i === state.settingsFocus ? '1' : '0'}>
              <div class="muted">{name}</div>
              <div class="choices">
                {choices.map((choice, c) => <span class={'choice' + (c === chosen ? ' chosen' : '')} key={c}>{choice}</span>)}
              </div>
            </div>
          ))}
        </div>
        <div class="under"><Hints keys={[['tv.keyLeftRight', t('tv.doChange')], ['tv.keyBack', t('tv.doBack')]]} /></div>
      </div>
    </div>
  );
}
