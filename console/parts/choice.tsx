interface ChoiceProps {
  value: string;
  of: readonly string[];
  /** True if it may also be none of them. */
  hasAny?: boolean;
  onChoose: (value: string) => void;
}

/** A choice among texts. One that the address alone names is among them, so that it is seen. */
export function Choice({ value, of, hasAny, onChoose }: ChoiceProps) {
  const choices = value && !of.includes(value) ? [...of, value] : of;
  return (
    <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      {hasAny && <option value="">any</option>}
      {choices.map((each) => (
        <option value={each}>{each}</option>
      ))}
    </select>
  );
}
