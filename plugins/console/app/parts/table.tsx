import type { ComponentChildren } from "preact";
import { Scroll } from "./scroll.js";

export interface Column {
  readonly title: string;
  /** Figures stand below each other, to the right. */
  readonly isNumber?: boolean;
  /** Only heard: what stands below it speaks for itself. */
  readonly isHidden?: boolean;
}

/** A column of figures. */
export function number(title: string): Column {
  return { title, isNumber: true };
}

interface TableProps {
  /** What it is a table of, for those who cannot see it. */
  readonly label: string;
  /** A bare text is the title of a column of words. */
  readonly columns: readonly (string | Column)[];
  /** On phones each row is a block of its own, whose cells say with `data-title` what they are. */
  readonly isStacked?: boolean;
  /** The rows. */
  readonly children: ComponentChildren;
}

/** A table that may be wider than the page. */
export function Table({ label, columns, isStacked, children }: TableProps) {
  return (
    <Scroll label={label}>
      <table class={isStacked ? "stacked" : undefined}>
        <thead>
          <tr>
            {columns.map((column) => {
              const { title, isNumber, isHidden }: Column = typeof column === "string" ? { title: column } : column;
              return (
                <th key={title} scope="col" class={isNumber ? "number" : undefined}>
                  {isHidden ? <span class="hidden">{title}</span> : title}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroll>
  );
}
