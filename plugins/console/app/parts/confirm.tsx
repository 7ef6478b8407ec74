import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure } from "./notice.js";

interface ConfirmProps {
  readonly title: string;
  /** What the button says that does it. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly children?: ComponentChildren;
  readonly confirm: (why: string) => Promise<unknown>;
  readonly close: () => void;
}

/** Asks before something is changed, and for the reason that goes into the history. */
export function Confirm({ title, action, isDangerous, children, confirm, close }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [why, setWhy] = useState("");
  const [error, setError] = useState<Error>();
  const [isUnderWay, setUnderWay] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setUnderWay(true);
    try {
      await confirm(why);
      close();
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
      setUnderWay(false);
    }
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="confirm-title">
      <form onSubmit={submit}>
        <h2 id="confirm-title">{title}</h2>
        {children}
        <label class="field">
          Why? <span class="hint">goes into the history</span>
          <input value={why} maxLength={2_048} onInput={({ currentTarget }) => setWhy(currentTarget.value)} />
        </label>
        <Failure error={error} />
        <div class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class={isDangerous ? "danger" : "primary"} disabled={isUnderWay}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
