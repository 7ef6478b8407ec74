import { useState } from "preact/hooks";
import { type Signature, type TensorSpec, typeText } from "../api/signatures.js";
import { DrawingEditor } from "./drawing-editor.js";
import { EDITOR_NAMES, type EditorKind, editorsOf } from "./editors.js";
import { FileEditor } from "./file-editor.js";
import { type Given, isFault } from "./given.js";
import { JsonEditor } from "./json-editor.js";
import { NumberEditor } from "./number-editor.js";
import { PictureEditor } from "./picture-editor.js";
import { pictureLayout } from "./picture-layout.js";
import { Segments } from "./segments.js";
import { TextEditor } from "./text-editor.js";

interface InputFieldProps {
  readonly spec: TensorSpec;
  readonly shapes: Signature["shapes"];
  /** `undefined`: it is left out. */
  readonly given: Given | undefined;
  readonly give: (given: Given | undefined) => void;
}

/** One input of a signature, given in one of the ways that its type allows. */
export function InputField({ spec, shapes, given, give }: InputFieldProps) {
  const kinds = editorsOf(spec);
  const [kind, setKind] = useState<EditorKind>(kinds[0] ?? "json");
  const [isLeftOut, setLeftOut] = useState(spec.default !== undefined);
  return (
    <fieldset class="input">
      <legend>
        {spec.name} <code class="quiet">{typeText(spec)}</code>
      </legend>
      <div class="ways">
        {spec.default !== undefined && (
          <label>
            <input
              type="checkbox"
              checked={isLeftOut}
              onChange={({ currentTarget: { checked } }) => {
                setLeftOut(checked);
                if (checked) give(undefined);
              }}
            />{" "}
            Leave it out{defaultText(spec.default)}
          </label>
        )}
        {!isLeftOut && kinds.length > 1 && (
          <Segments title={`How to give ${spec.name}`} of={kinds} names={EDITOR_NAMES} value={kind} choose={setKind} />
        )}
      </div>
      {!isLeftOut && <Editor kind={kind} spec={spec} shapes={shapes} before={given} give={give} />}
      {!isLeftOut && given !== undefined && isFault(given) && (
        <p class="fault" role="status">
          {given.fault}
        </p>
      )}
    </fieldset>
  );
}

interface EditorProps {
  readonly kind: EditorKind;
  readonly spec: TensorSpec;
  readonly shapes: Signature["shapes"];
  readonly before: Given | undefined;
  readonly give: (given: Given) => void;
}

function Editor({ kind, spec, shapes, before, give }: EditorProps) {
  const layout = pictureLayout(spec);
  switch (kind) {
    case "drawing":
      return layout && <DrawingEditor spec={spec} layout={layout} give={give} />;
    case "picture":
      return layout && <PictureEditor spec={spec} layout={layout} give={give} />;
    case "numbers":
      return <NumberEditor spec={spec} give={give} />;
    case "text":
      return <TextEditor spec={spec} give={give} />;
    case "file":
      return <FileEditor spec={spec} give={give} />;
    case "json":
      return <JsonEditor spec={spec} shapes={shapes} before={before} give={give} />;
  }
}

/** Longest default that is written out. */
const MAX_DEFAULT = 60;

function defaultText({ values }: NonNullable<TensorSpec["default"]>): string {
  const text = values === undefined ? "" : values.map((value) => JSON.stringify(value)).join(", ");
  return text === "" || text.length > MAX_DEFAULT ? "" : `: it is then ${text}`;
}
