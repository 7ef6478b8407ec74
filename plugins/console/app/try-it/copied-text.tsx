import { useRef, useState } from "preact/hooks";

interface CopiedTextProps {
  /** What it is, as `curl`: for the button's name. */
  readonly what: string;
  readonly text: string;
}

/** Longest text that is shown whole; all of a longer one is copied as well. */
const MAX_SHOWN = 4_000;

/** A text in a frame, with a button that copies it. */
export function CopiedText({ what, text }: CopiedTextProps) {
  const place = useRef<HTMLPreElement>(null);
  const [told, setTold] = useState("");
  const isLong = text.length > MAX_SHOWN;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setTold("Copied");
    } catch {
      // Browsers give the clipboard to pages of trusted origins only.
      if (place.current !== null) getSelection()?.selectAllChildren(place.current);
      setTold(isLong ? "This page may not use the clipboard" : "Selected: copy it with the keyboard");
    }
  };
  return (
    <div class="copied">
      <div class="buttons">
        <span role="status" class="quiet">
          {told}
        </span>
        <button type="button" onClick={copy}>
          Copy <span class="hidden">{what}</span>
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without it nobody could scroll it from the keyboard */}
      <section tabIndex={0} aria-label={what}>
        <pre ref={place}>{isLong ? `${text.slice(0, MAX_SHOWN)} …` : text}</pre>
      </section>
      {isLong && <p class="quiet">{text.length.toLocaleString("en")} characters: the rest is copied as well.</p>}
    </div>
  );
}
