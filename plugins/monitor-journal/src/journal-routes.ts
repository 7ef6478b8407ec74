import type { Route } from "@plinth/core";
import { JOURNAL } from "./entry-document.js";
import type { LazyJournal } from "./lazy-journal.js";

const PATHS = [
  JOURNAL,
  `${JOURNAL}/summary`,
  `${JOURNAL}/stream`,
  `${JOURNAL}/download`,
  `${JOURNAL}/entries/:entry`,
] as const;

/** What makes each route, for those who may manage the server. What answers is imported for the first request. */
export const journalRoutes: readonly ((journal: LazyJournal) => Route)[] = PATHS.map((path) => (journal) => ({
  method: "GET",
  path,
  access: "management",
  description: async () => (await import("./routes.js")).descriptionAt(path),
  handle: async (request, { params }) => {
    const [{ answerAt }, opened] = await Promise.all([import("./routes.js"), journal.opened()]);
    return answerAt(path, opened, request, params);
  },
}));
