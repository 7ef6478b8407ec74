import { useResource } from "../api/use-resource.js";
import { Failure } from "../parts/notice.js";
import { Table } from "../parts/table.js";

interface PluginList {
  readonly items: readonly {
    readonly kind: string;
    readonly use: string;
    readonly name: string;
    readonly version?: string;
  }[];
  readonly server: { readonly version: string; readonly node: string; readonly platform: string };
}

/** What the server is composed of. It cannot change while the server runs, but another server may have come in its place. */
export function Plugins() {
  const { document, error } = useResource<PluginList>("/api/plugins", 60_000);
  return (
    <section aria-labelledby="plugins">
      <h2 id="plugins">Plugins</h2>
      <Failure error={error} />
      {document !== undefined && (
        <>
          <p class="quiet">
            Plinth {document.server.version} on Node {document.server.node}, {document.server.platform}
          </p>
          <Table label="Table of plugins" columns={["Plugin", "Version", "As"]} isStacked>
            {document.items.map(({ kind, use, name, version }) => (
              <tr key={`${kind} ${use}`}>
                <th scope="row" class="name">
                  {name}
                </th>
                <td class="figure whole">{version ?? "–"}</td>
                <td class="quiet whole">
                  {kind} {use}
                </td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </section>
  );
}
