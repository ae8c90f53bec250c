import type { ComponentChildren } from 'preact';

/** Field is a labelled control with its hint, and its error beside it. */
export function Field(props: { id: string; label: string; hint?: string | undefined; error?: string | undefined; children: ComponentChildren }) {
  return (
    <div class={'field' + (props.error ? ' wrong' : '')}>
      <label for={props.id}>{props.label}</label>
      {props.children}
      {props.error ? <p class="error" id={props.id + '-error'} role="alert" data-test={'error-' + props.id}>{props.error}</p> : null}
      {props.hint && !props.error ? <p class="hint">{props.hint}</p> : null}
    </div>
  );
}
