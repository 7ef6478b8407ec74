import { Empty } from "./notice.js";
import { Table } from "./table.js";

interface DifferenceProps {
  readonly before: unknown;
  readonly after: unknown;
}

/** What was and what is, side by side, of all that differs. */
export function Difference({ before, after }: DifferenceProps) {
  const [left, right] = [leavesOf(before), leavesOf(after)];
  const differing = [...new Set([...left.keys(), ...right.keys()])]
    .filter((path) => left.get(path) !== right.get(path))
    .sort();
  if (differing.length === 0) return <Empty>Nothing differs.</Empty>;
  return (
    <Table label="What differs" columns={["What", "Before", "After"]}>
      {differing.map((path) => (
        <tr key={path}>
          <th scope="row">{path}</th>
          <td>{left.has(path) ? <del>{left.get(path)}</del> : "–"}</td>
          <td>{right.has(path) ? <ins>{right.get(path)}</ins> : "–"}</td>
        </tr>
      ))}
    </Table>
  );
}

/** Every value that is no object, as text by its path; a list is one value. */
function leavesOf(value: unknown, path = ""): ReadonlyMap<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return new Map([[path, Array.isArray(value) ? value.join(", ") : String(value)]]);
  }
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...leavesOf(inner, path === "" ? key : `${path}.${key}`)]),
  );
}
