import { useState } from "preact/hooks";
import { modelPath, send } from "../api/client.js";
import type { Model } from "../api/documents.js";
import { Confirm } from "../parts/confirm.js";
import { Difference } from "../parts/difference.js";
import { ShadowFields } from "./shadow-fields.js";
import { ShadowReport } from "./shadow-report.js";
import { SplitFields } from "./split-fields.js";
import { editedRules, filledIn, rulesInWords, type TrafficDraft } from "./traffic-draft.js";
import "./traffic.css";

interface TrafficProps {
  readonly model: Model;
  readonly changed: () => void;
}

/** How requests that name no version are shared out and mirrored, and what came of the mirrored ones. */
export function Traffic({ model, changed }: TrafficProps) {
  const [draft, setDraft] = useState<TrafficDraft>({});
  const [isAsking, setAsking] = useState(false);
  const { traffic: rules } = model;
  const targets = [...Object.keys(model.labels), ...model.versions.map(({ version }) => version)];
  const pinnedBy = model.pins.traffic;
  const isEdited = Object.keys(draft).length > 0;
  const fields = {
    targets: targets.map((target) => ({ target, name: nameOf(target, model) })),
    filled: filledIn(rules, draft),
    edit: (edited: TrafficDraft) => setDraft((before) => ({ ...before, ...edited })),
    isDisabled: pinnedBy !== undefined,
  };
  const edited = editedRules(rules, draft);
  return (
    <section class="card traffic" aria-labelledby="traffic">
      <h2 id="traffic">Traffic</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsking(true);
        }}
      >
        <div class="columns narrow">
          <section aria-labelledby="shared">
            <h3 id="shared">Shared out</h3>
            <SplitFields {...fields} />
          </section>
          <section aria-labelledby="mirrored">
            <h3 id="mirrored">Mirrored requests</h3>
            <ShadowFields {...fields} />
            <ShadowReport model={model} />
          </section>
        </div>
        {pinnedBy !== undefined && <p class="quiet">The configuration says so, at {pinnedBy}: change it there.</p>}
        <div class="buttons">
          {isEdited && (
            <button type="button" onClick={() => setDraft({})}>
              As it is
            </button>
          )}
          <button type="submit" class="primary" disabled={!isEdited}>
            Change the traffic …
          </button>
        </div>
      </form>
      {isAsking && (
        <Confirm
          title={`Change the traffic of ${model.model} like this?`}
          action="Change"
          close={() => setAsking(false)}
          confirm={async (why) => {
            const path = `${modelPath(model.model)}/traffic`;
            await send({ method: "PUT", path, body: edited, revision: model.revision, why });
            setDraft({});
            changed();
          }}
        >
          <Difference before={rulesInWords(rules)} after={rulesInWords(edited)} />
        </Confirm>
      )}
    </section>
  );
}

function nameOf(target: string, { labels }: Model): string {
  return labels[target] === undefined ? `version ${target}` : `${target} (${labels[target]})`;
}
