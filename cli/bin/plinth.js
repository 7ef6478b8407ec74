#!/usr/bin/env node
// Stands apart from what is built, so that npm links it at an install that comes before the first build.
import "./keep-compiled.js";

await import("../bundle/main.js");
