import { useState } from "preact/hooks";
import { modelPath, send } from "../api/client.js";
import type { Model } from "../api/documents.js";
import { Confirm } from "./confirm.js";
import { Empty } from "./notice.js";

interface LabelsProps {
  readonly model: Model;
  readonly changed: () => void;
}

interface Asked {
  readonly label: string;
  /** Absent: it is taken away. */
  readonly version?: string;
}

/** Names for versions: which there are, and moving them. */
export function Labels({ model, changed }: LabelsProps) {
  const [label, setLabel] = useState("");
  const [version, setVersion] = useState("");
  const [asked, setAsked] = useState<Asked>();
  const labels = Object.entries(model.labels);
  const chosen = version || (model.versions[0]?.version ?? "");
  return (
    <section class="card" aria-labelledby="labels">
      <h2 id="labels">Labels</h2>
      {labels.length === 0 && <Empty>No label yet. Clients ask for a version by its label.</Empty>}
      <ul class="plain">
        {labels.map(([name, target]) => (
          <li key={name}>
            <strong>{name}</strong> → version {target}{" "}
            <button type="button" class="danger" onClick={() => setAsked({ label: name })}>
              Remove <span class="hidden">label {name}</span>
            </button>
          </li>
        ))}
      </ul>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked({ label, version: chosen });
        }}
      >
        <label class="field">
          Label
          <input required value={label} onInput={({ currentTarget }) => setLabel(currentTarget.value)} />
        </label>
        <label class="field">
          Version
          <select value={chosen} onChange={({ currentTarget }) => setVersion(currentTarget.value)}>
            {model.versions.map((each) => (
              <option key={each.version} value={each.version}>
                {each.version}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">Set …</button>
      </form>
      {asked !== undefined && (
        <Confirm
          title={titleOf(asked, model)}
          action={asked.version === undefined ? "Remove" : "Set the label"}
          isDangerous={asked.version === undefined}
          close={() => setAsked(undefined)}
          confirm={async (why) => {
            await change(model, asked, why);
            setLabel("");
            changed();
          }}
        />
      )}
    </section>
  );
}

function titleOf({ label, version }: Asked, { model, labels }: Model): string {
  if (version === undefined) return `Remove the label ${label} of ${model}?`;
  const before = labels[label];
  return before === undefined
    ? `Give version ${version} of ${model} the label ${label}?`
    : `Move the label ${label} of ${model} from version ${before} to version ${version}?`;
}

function change({ model, revision }: Model, { label, version }: Asked, why: string): Promise<unknown> {
  const path = `${modelPath(model)}/labels/${encodeURIComponent(label)}`;
  return version === undefined
    ? send({ method: "DELETE", path, revision, why })
    : send({ method: "PUT", path, body: { version, allowUnavailable: true }, revision, why });
}
