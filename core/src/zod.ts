/**
 * zod, as core has it: where packages are bundled, those that import `zod` share this copy, which is one file where theirs are a hundred. The
 * decision 0031 says why.
 */
export { z } from "zod";
