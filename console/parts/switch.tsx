interface SwitchProps<T extends string> {
  label: string;
  value: T;
  /** The values, and the words on their buttons. */
  of: Record<T, string>;
  /** Takes a choice that is another one. */
  onChoose: (value: T) => void;
}

/** A choice among few values by buttons, of which the chosen one is pressed. */
export function Switch<T extends string>({ label, value, of, onChoose }: SwitchProps<T>) {
  return (
    <div class="switch" role="group" aria-label={label}>
      {(Object.keys(of) as T[]).map((each) => (
        <button key={each} type="button" aria-pressed={each === value} onClick={() => each !== value && onChoose(each)}>
          {of[each]}
        </button>
      ))}
    </div>
  );
}
