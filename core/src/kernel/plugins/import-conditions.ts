/**
 * The conditions by which this process picks among a package's exports: Node's own for `import`, and those that it was
 * started with (`-C`, `--conditions`), which module resolution outside of Node has to be told.
 */
export function importConditions(
  execArguments: readonly string[] = process.execArgv,
  nodeOptions: string = process.env.NODE_OPTIONS ?? "",
): ReadonlySet<string> {
  const conditions = new Set(["node", "import", "module-sync", "node-addons"]);
  const words = [
    ...(nodeOptions.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', "")),
    ...execArguments,
  ];
  words.forEach((word, index) => {
    const custom = /^--conditions=(.+)$/.exec(word)?.[1] ?? (isConditionFlag(words[index - 1]) ? word : undefined);
    if (custom !== undefined) conditions.add(custom);
  });
  return conditions;
}

function isConditionFlag(word: string | undefined): boolean {
  return word === "-C" || word === "--conditions";
}
