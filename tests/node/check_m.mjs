// Reads Power Query documents, whole files of M, from the command line; says what is wrong with them.
import { readFileSync } from "node:fs";
import { DefaultSettings, TaskUtils } from "@microsoft/powerquery-parser";

let wrong = 0;
for (const path of process.argv.slice(2)) {
  const task = await TaskUtils.tryLexParse(DefaultSettings, readFileSync(path, "utf8"));
  if (!TaskUtils.isParseStageOk(task)) {
    wrong += 1;
    console.log(`${path}: ${task.error?.message ?? "cannot be read"}`);
  }
}
process.exit(wrong ? 1 : 0);
