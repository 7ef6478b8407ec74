import { modelPath } from "../api/client.js";
import type { Version } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { Failure } from "./notice.js";
import { StateBadge } from "./state-badge.js";

interface LoadWatchProps {
  readonly model: string;
  readonly version: string;
}

const LOOK_MS = 500;

/** What becomes of a version that was just uploaded. */
export function LoadWatch({ model, version }: LoadWatchProps) {
  const { document, error } = useResource<Version>(`${modelPath(model)}/versions/${version}`, LOOK_MS);
  return (
    <div role="status">
      <p>
        Version {version} of {model} is stored. {document !== undefined && <StateBadge {...document} />}
      </p>
      {document?.error !== undefined && <p class="failure">{document.error.message}</p>}
      {document?.state === "stored" && <p class="quiet">The model's versions to serve do not include it so far.</p>}
      <Failure error={error} />
    </div>
  );
}
