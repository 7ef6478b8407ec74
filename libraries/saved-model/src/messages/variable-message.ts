import type { WireReader } from "./wire-reader.js";

/** What VariableDef says of a variable that is one part of a larger one. */
export interface PartitionedVariable {
  /** Its node. */
  readonly name: string;
  /** The larger one's name in the checkpoint. */
  readonly whole: string;
  /** Which part it is, as `RestoreV2` says it. */
  readonly shapeAndSlice: string;
}

/** `undefined` where the variable is whole. */
export function readPartitionedVariable(reader: WireReader): PartitionedVariable | undefined {
  let name = "";
  let slice: Pick<PartitionedVariable, "whole" | "shapeAndSlice"> | undefined;
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 4) slice = readSliceInfo(reader.message());
    else reader.skip();
  }
  return slice === undefined ? undefined : { name: name.split(":")[0] as string, ...slice };
}

/** SaveSliceInfoDef. */
function readSliceInfo(reader: WireReader): Pick<PartitionedVariable, "whole" | "shapeAndSlice"> {
  let whole = "";
  const [shape, offsets, lengths]: [number[], number[], number[]] = [[], [], []];
  while (reader.next()) {
    if (reader.field === 1) whole = reader.string();
    else if (reader.field === 2) reader.eachVarint((each) => shape.push(each.number()));
    else if (reader.field === 3) reader.eachVarint((each) => offsets.push(each.number()));
    else if (reader.field === 4) reader.eachVarint((each) => lengths.push(each.number()));
    else reader.skip();
  }
  const slice = offsets.map((offset, axis) => `${offset},${lengths[axis]}`).join(":");
  return { whole, shapeAndSlice: `${shape.join(" ")} ${slice}` };
}
