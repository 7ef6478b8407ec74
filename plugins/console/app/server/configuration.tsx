import { useState } from "preact/hooks";
import { useResource } from "../api/use-resource.js";
import { Failure } from "../parts/notice.js";
import { Table } from "../parts/table.js";

interface Setting {
  readonly path: string;
  readonly value?: unknown;
  readonly secret?: true;
  readonly position?: string;
  readonly variables: readonly string[];
}

export interface ConfigurationDocument {
  readonly file: string;
  readonly settings: readonly Setting[];
  readonly lastReload?: { readonly at: string; readonly error?: { readonly reason: string; readonly message: string } };
}

const OFTEN_ENOUGH_MS = 15_000;

/** The configuration as it was read, every value with the line that it came from. */
export function Configuration() {
  const { document, error } = useResource<ConfigurationDocument>("/api/config", OFTEN_ENOUGH_MS);
  const [showsDefaults, setShowsDefaults] = useState(false);
  const settings = document?.settings ?? [];
  const shown = showsDefaults ? settings : settings.filter(({ position }) => position !== undefined);
  return (
    <section aria-labelledby="configuration">
      <div class="title">
        <h2 id="configuration">Configuration</h2>
        <label class="toggle">
          <input
            type="checkbox"
            checked={showsDefaults}
            onChange={({ currentTarget }) => setShowsDefaults(currentTarget.checked)}
          />
          With every default
        </label>
      </div>
      <Failure error={error} />
      {document !== undefined && (
        <>
          <p class="quiet path">{document.file}</p>
          <Table label="Table of settings" columns={["Setting", "Value", "From"]} isStacked>
            {shown.map((setting) => (
              <tr key={setting.path}>
                <th scope="row">
                  <code>{setting.path}</code>
                </th>
                <td class="whole">
                  {setting.secret ? <span class="quiet">hidden</span> : <code>{textOf(setting.value)}</code>}
                </td>
                <td class="quiet whole">{originOf(setting)}</td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </section>
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The line, and the variables of the environment that stand in it. */
function originOf({ position, variables }: Setting): string {
  const line = position === undefined ? "default" : position.replace(/^.*[\\/]/, "");
  return variables.length === 0 ? line : `${line}, from ${variables.join(", ")}`;
}
