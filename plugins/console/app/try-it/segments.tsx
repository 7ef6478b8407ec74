interface SegmentsProps<Choice extends string> {
  /** What is chosen, for those who cannot see it. */
  readonly title: string;
  readonly of: readonly Choice[];
  readonly names: Readonly<Record<Choice, string>>;
  readonly value: Choice;
  readonly choose: (choice: Choice) => void;
}

/** One of a few, side by side. */
export function Segments<Choice extends string>({ title, of, names, value, choose }: SegmentsProps<Choice>) {
  return (
    <fieldset class="segments">
      <legend class="hidden">{title}</legend>
      {of.map((each) => (
        <button key={each} type="button" aria-pressed={each === value} onClick={() => choose(each)}>
          {names[each]}
        </button>
      ))}
    </fieldset>
  );
}
