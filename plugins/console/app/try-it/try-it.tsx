import { useEffect, useRef, useState } from "preact/hooks";
import type { Model } from "../api/documents.js";
import { infer, inferStream } from "../api/infer.js";
import type { DescribedVersion } from "../api/signatures.js";
import { useResource } from "../api/use-resource.js";
import { Failure } from "../parts/notice.js";
import { Answer, type Answered } from "./answer.js";
import { codeLines } from "./code-lines.js";
import { CopiedText } from "./copied-text.js";
import {
  describedVersion,
  type InferenceRequest,
  inferencePath,
  type Target,
  versionPath,
} from "./inference-request.js";
import { type MadeRequest, RequestForm } from "./request-form.js";
import "./try-it.css";

/** What is known of a version's signatures is looked at again so often: it may be loaded anew. */
const LOOK_MS = 10_000;

/** A request to the model, made from its signature: its answer, and the lines that send the same from elsewhere. */
export function TryIt({ model }: { readonly model: Model }) {
  const [target, setTarget] = useState<Target>({});
  const version = describedVersion(target, model);
  const path = version === undefined ? undefined : versionPath(model.model, version);
  const { document: described, error } = useResource<DescribedVersion>(path, LOOK_MS);
  const [made, setMade] = useState<MadeRequest>();
  const [answered, setAnswered] = useState<Answered>();
  const [failure, setFailure] = useState<Error>();
  const [underWay, setUnderWay] = useState<AbortController>();
  const known = useRef<DescribedVersion>();
  // What was filled in stays while another version is looked up, and beyond where that takes the same.
  if (described !== undefined) known.current = described;
  const signatures = known.current?.signatures;
  const request: InferenceRequest | undefined = made && {
    ...made,
    path: inferencePath(model.model, target, made.verb),
  };
  // Who leaves has no use for the rest of a stream.
  useEffect(() => () => underWay?.abort(), [underWay]);
  const send = async (name: string | undefined) => {
    if (request === undefined) return;
    const { verb } = request;
    const stop = new AbortController();
    const asked = { ...request, signal: stop.signal };
    const signature = signatures?.find((each) => each.name === name);
    setFailure(undefined);
    setUnderWay(stop);
    try {
      const answer =
        verb === "generate_stream"
          ? await inferStream(asked, (part) => setAnswered({ ...part, verb, signature, isWhole: false }))
          : await infer(asked);
      setAnswered({ ...answer, verb, signature, isWhole: true });
    } catch (thrown) {
      if (!stop.signal.aborted) setFailure(thrown instanceof Error ? thrown : new Error(String(thrown)));
    } finally {
      setUnderWay(undefined);
    }
  };
  return (
    <section class="card" aria-labelledby="try">
      <h2 id="try">Try it</h2>
      <Failure error={error} />
      <div class="try-it">
        <div>
          <TargetChoice model={model} target={target} choose={setTarget} />
          <RequestForm
            key={JSON.stringify(signatures)}
            signatures={signatures}
            made={setMade}
            send={send}
            stop={underWay && (() => underWay.abort())}
          />
        </div>
        <div aria-live="polite">
          <Failure error={failure} />
          {answered === undefined ? <p class="quiet">The answer comes here.</p> : <Answer {...answered} />}
        </div>
      </div>
      {request !== undefined && (
        <div class="code-lines">
          <h3>The same from elsewhere</h3>
          {[...codeLines(location.origin, request)].map(([language, lines]) => (
            <details key={language}>
              <summary>{language}</summary>
              <CopiedText what={language} text={lines} />
            </details>
          ))}
        </div>
      )}
    </section>
  );
}

interface TargetChoiceProps {
  readonly model: Model;
  readonly target: Target;
  readonly choose: (target: Target) => void;
}

function TargetChoice({ model: { labels, versions }, target, choose }: TargetChoiceProps) {
  const targets: readonly (readonly [string, Target])[] = [
    ["whichever the traffic rules say", {}],
    ...Object.keys(labels).map((label) => [`label ${label}`, { label }] as const),
    ...versions.filter(canBeAsked).map(({ version }) => [`version ${version}`, { version }] as const),
  ];
  const chosen = targets.findIndex(([, each]) => each.version === target.version && each.label === target.label);
  return (
    <label class="field">
      Ask
      <select
        value={String(Math.max(0, chosen))}
        onChange={({ currentTarget }) => choose(targets[Number(currentTarget.value)]?.[1] ?? {})}
      >
        {targets.map(([name], index) => (
          <option key={name} value={String(index)}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function canBeAsked({ state, onDemand }: Model["versions"][number]): boolean {
  return state === "available" || onDemand === true;
}
