/** Ops that call a function (attribute `f`) and are replaced by it. */
export const CALLS: ReadonlySet<string> = new Set(["PartitionedCall", "StatefulPartitionedCall"]);

export const CONDITIONALS: ReadonlySet<string> = new Set(["If", "StatelessIf", "Case", "StatelessCase"]);

export const LOOPS: ReadonlySet<string> = new Set(["While", "StatelessWhile"]);

/** TensorFlow 1's control flow, where a node runs once what it waits for did, or not at all. */
export const DATAFLOW_CONTROL: ReadonlySet<string> = new Set([
  "Switch",
  "RefSwitch",
  "Merge",
  "RefMerge",
  "Enter",
  "RefEnter",
  "Exit",
  "RefExit",
  "NextIteration",
  "RefNextIteration",
  "LoopCond",
  "ControlTrigger",
]);

/** Give their input as it is. */
export const PASS_THROUGH: ReadonlySet<string> = new Set([
  "Identity",
  "RefIdentity",
  "StopGradient",
  "PreventGradient",
  "Snapshot",
]);

/** Give their input to some of what follows, or within a loop: a handle that went through them is the same handle. */
export const PASS_HANDLES: ReadonlySet<string> = new Set(["Enter", "RefEnter", "Switch", "RefSwitch"]);

/** Give the handle of a variable. */
export const VARIABLES: ReadonlySet<string> = new Set(["VarHandleOp", "VariableV2", "Variable"]);

/** Those whose handle is the variable itself, as TensorFlow 1 has it. */
export const REFERENCE_VARIABLES: ReadonlySet<string> = new Set(["VariableV2", "Variable"]);

/** Give the handle of a lookup table: by what they are called since TensorFlow 1.0. */
export const TABLES: ReadonlyMap<string, string> = new Map(
  ["HashTable", "MutableHashTable", "MutableHashTableOfTensors", "MutableDenseHashTable"].flatMap((op) => [
    [op, `${op}V2`],
    [`${op}V2`, `${op}V2`],
  ]),
);

/** Ops on references and on handles that are strings, and what does the same to a handle. */
export const ON_HANDLES: ReadonlyMap<string, string> = new Map([
  ["Assign", "AssignVariableOp"],
  ["AssignAdd", "AssignAddVariableOp"],
  ["AssignSub", "AssignSubVariableOp"],
  ["ScatterUpdate", "ResourceScatterUpdate"],
  ["ScatterAdd", "ResourceScatterAdd"],
  ["ScatterSub", "ResourceScatterSub"],
  ["ScatterMul", "ResourceScatterMul"],
  ["ScatterDiv", "ResourceScatterDiv"],
  ["ScatterMin", "ResourceScatterMin"],
  ["ScatterMax", "ResourceScatterMax"],
  ["ScatterNdUpdate", "ResourceScatterNdUpdate"],
  ["ScatterNdAdd", "ResourceScatterNdAdd"],
  ["ScatterNdSub", "ResourceScatterNdSub"],
  ["IsVariableInitialized", "VarIsInitializedOp"],
  ["LookupTableFind", "LookupTableFindV2"],
  ["LookupTableInsert", "LookupTableInsertV2"],
  ["LookupTableSize", "LookupTableSizeV2"],
  ["LookupTableExport", "LookupTableExportV2"],
  ["LookupTableImport", "LookupTableImportV2"],
  ["InitializeTable", "InitializeTableV2"],
  ["InitializeTableFromTextFile", "InitializeTableFromTextFileV2"],
]);

/** Look at what a handle stands for and leave it as it is. All others may change it. */
export const HANDLE_READERS: ReadonlySet<string> = new Set([
  "ReadVariableOp",
  "ResourceGather",
  "ResourceGatherNd",
  "VariableShape",
  "VarIsInitializedOp",
  "DisableCopyOnRead",
  "LookupTableFindV2",
  "LookupTableSizeV2",
  "LookupTableExportV2",
]);

/** Do something besides giving outputs. */
export const WITH_EFFECT: ReadonlySet<string> = new Set([
  "Assert",
  "Print",
  "PrintV2",
  "PyFunc",
  "EagerPyFunc",
  "TensorArrayCloseV3",
  "StackPushV2",
  "StackPopV2",
  "StackCloseV2",
  "Stage",
  "Unstage",
  "WriteFile",
  "SaveV2",
]);
