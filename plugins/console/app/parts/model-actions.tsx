import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { modelPath, send } from "../api/client.js";
import type { Model } from "../api/documents.js";
import { Confirm } from "./confirm.js";
import { count } from "./format.js";

interface ModelActionsProps {
  readonly model: Model;
  readonly changed: () => void;
}

type Action = "load" | "unload" | "remove";

const WORDS: Readonly<Record<Action, string>> = {
  load: "Serve the model",
  unload: "Take out of service",
  remove: "Remove the model",
};

const TITLES: Readonly<Record<Action, (model: string) => string>> = {
  load: (model) => `Serve ${model} again?`,
  unload: (model) => `Take ${model} out of service?`,
  remove: (model) => `Remove ${model} with all of its versions, for good?`,
};

/** What can be done with a model as a whole; nothing where the configuration names it. */
export function ModelActions({ model, changed }: ModelActionsProps) {
  const [asked, setAsked] = useState<Action>();
  const [, navigate] = useLocation();
  if (model.pins.served !== undefined) return null;
  const actions: readonly Action[] = [model.served ? "unload" : "load", "remove"];
  return (
    <>
      {actions.map((action) => (
        <button
          key={action}
          type="button"
          class={action === "remove" ? "danger" : undefined}
          onClick={() => setAsked(action)}
        >
          {WORDS[action]}
        </button>
      ))}
      {asked !== undefined && (
        <Confirm
          title={TITLES[asked](model.model)}
          action={WORDS[asked]}
          isDangerous={asked !== "load"}
          close={() => setAsked(undefined)}
          confirm={async (why) => {
            await change(model, asked, why);
            if (asked === "remove") navigate("/");
            else changed();
          }}
        >
          {asked === "remove" && <p>{whatGoes(model)}</p>}
        </Confirm>
      )}
    </>
  );
}

function change({ model, served, revision }: Model, action: Action, why: string): Promise<unknown> {
  const path = modelPath(model);
  if (action !== "remove") return send({ method: "POST", path: `${path}/${action}`, revision, why });
  return send({ method: "DELETE", path: served ? `${path}?force=true` : path, revision, why });
}

function whatGoes({ versions, served }: Model): string {
  const stored = `${count(versions.length)} ${versions.length === 1 ? "version" : "versions"}`;
  return (
    `${served ? "It is taken out of service. " : ""}Its ${stored}, its labels, its traffic rules and all files beside its versions ` +
    "are taken out of the storage. Its history stays."
  );
}
